// What both scripts share: the running venue's addresses and keys, and an ear for what the client hears.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const dir = process.argv[2];
const text = (name) => readFileSync(`${dir}/${name}`, 'utf8').trim();

export const endpoint = JSON.parse(text('endpoint.json'));
export const keys = { apiKey: text('api_key'), apiSecret: text('api_secret'), apiPass: text('api_passphrase') };
// As a user would set them; a busy machine may take longer than a second for a pong.
export const socketOptions = { ...keys, pongTimeout: 10_000 };
export const restOptions = { ...keys, baseUrl: endpoint.rest };

// The client's own log: silent, but for what it calls an error.
export const logger = {
  trace() {},
  info() {},
  error: (...what) => console.error('client:', ...what.map((w) => JSON.stringify(w))),
};

// Collects all that a client hears; `until` waits for something with a deadline.
export class Ear {
  constructor(client) {
    this.pushes = []; // { topic, action, row } in the order of their coming
    this.responses = [];
    this.faults = [];
    this.wake = () => {};
    client.on('update', (m) => {
      const topic = m.arg?.channel ?? m.arg?.topic;
      // An empty list is something that was said, too.
      for (const row of m.data?.length ? m.data : [null]) this.pushes.push({ topic, action: m.action, row, arg: m.arg });
      this.wake();
    });
    client.on('response', (m) => (this.responses.push(m), this.wake()));
    client.on('exception', (m) => (this.faults.push(m), this.wake()));
    client.on('reconnect', (m) => (this.faults.push(`lost its connection: ${m.wsKey}`), this.wake()));
  }
  // Resolves with what `find` returns once that is something. `since`: pushes before that count are not looked at.
  async until(what, find, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      assert.deepEqual(this.faults, [], `while waiting for ${what}`);
      const found = find();
      if (found) return found;
      const left = end - Date.now();
      if (left <= 0) assert.fail(`never came: ${what}; last heard: ${JSON.stringify(this.pushes.slice(-3))}`);
      await new Promise((done) => {
        const timer = setTimeout(done, Math.min(left, 200));
        this.wake = () => (clearTimeout(timer), done());
      });
    }
  }
  push(what, topic, test = () => true, since = 0) {
    return this.until(what, () => this.pushes.slice(since).find((p) => p.topic === topic && test(p.row, p)));
  }
  rows(topic, test = () => true) {
    return this.pushes.filter((p) => p.topic === topic && p.row && test(p.row)).map((p) => p.row);
  }
  get now() {
    return this.pushes.length;
  }
}

export const sum = (rows, key) => rows.reduce((total, r) => total + Number(typeof key === 'function' ? key(r) : r[key]), 0);
export const near = (a, b, what, tolerance = 1e-6) =>
  assert.ok(Math.abs(Number(a) - Number(b)) <= tolerance, `${what}: ${a} against ${b}`);
// A price that many hundredths of a per cent off, on the grid of 0.1.
export const off = (price, bp) => (Math.round(Number(price) * (1 + bp / 10_000) * 10) / 10).toFixed(1);

export function checkBook(asks, bids) {
  assert.ok(asks.length > 10 && bids.length > 10, 'a book has levels');
  const rising = (levels, sign) => levels.every((l, i) => i === 0 || sign * (Number(l[0]) - Number(levels[i - 1][0])) > 0);
  assert.ok(rising(asks, 1) && rising(bids, -1), 'levels stand best first');
  assert.ok(Number(bids[0][0]) < Number(asks[0][0]), 'the book is not crossed');
}

// Runs a session and says how it went; an open socket must not keep node alive.
export async function main(session) {
  try {
    await session();
    console.log('all as expected');
    process.exit(0);
  } catch (e) {
    console.error(e?.body ? JSON.stringify({ code: e.code, body: e.body }) : (e?.stack ?? e));
    process.exit(1);
  }
}
