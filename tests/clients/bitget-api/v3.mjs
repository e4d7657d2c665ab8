// A unified account: market data, private channels, orders by REST and over the socket, a position and its end.
import assert from 'node:assert/strict';
import { RestClientV3, WebsocketClientV3 } from 'bitget-api';
import { checkBook, Ear, endpoint, logger, main, near, off, restOptions, socketOptions, sum } from './venue.mjs';

const category = 'USDT-FUTURES';
const symbol = 'BTCUSDT';
const futures = 'usdt-futures';

await main(async () => {
  const rest = new RestClientV3(restOptions);
  const ws = new WebsocketClientV3({ ...socketOptions, wsUrl: endpoint.v3_private }, logger);
  const ear = new Ear(ws);
  const publicTopic = (topic, more = {}) => ({ topic, payload: { instType: futures, symbol, ...more } });
  ws.subscribe([publicTopic('publicTrade'), publicTopic('books'), publicTopic('ticker'), publicTopic('kline', { interval: '1m' })], 'v3Public');
  ws.subscribe(['account', 'position', 'order', 'fill', 'strategy-order'].map((topic) => ({ topic, payload: { instType: 'UTA' } })), 'v3Private');
  const socket = (operation, params) => ws.sendWSAPIRequest('v3Private', operation, futures, params);

  // ---- login, acknowledgements, first pushes
  await ear.until('the login', () => ear.responses.find((r) => r.event === 'login' && r.code === 0));
  await ear.until('nine acknowledgements', () => ear.responses.filter((r) => r.event === 'subscribe').length === 9);
  const book = (await ear.push('a book', 'books', (r, p) => p.action === 'snapshot')).row;
  checkBook(book.a, book.b);
  const ticker = (await ear.push('a ticker', 'ticker')).row;
  assert.ok(Number(ticker.bid1Price) < Number(ticker.ask1Price) && Number(ticker.markPrice) > 0);
  const trade = (await ear.push('a trade', 'publicTrade')).row;
  assert.ok(['buy', 'sell'].includes(trade.S) && Number(trade.p) > 0 && Number(trade.v) > 0 && trade.i);
  assert.ok(Number((await ear.push('a candle', 'kline')).row.close) > 0);
  const begin = (await ear.push('the account', 'account')).row;
  near(begin.coin.find((c) => c.coin === 'USDT').equity, 10_000, 'equity at the start');

  // ---- REST
  assert.equal((await rest.getAccountSettings()).data.holdMode, 'one_way_mode');
  assert.equal((await rest.getInstruments({ category, symbol })).data[0].symbol, symbol);
  near((await rest.getBalances()).data.assets.find((a) => a.coin === 'USDT').equity, 10_000, 'equity by REST');

  // ---- an order by REST: placed, modified in its place, canceled
  const price = off(ticker.bid1Price, -200);
  const placed = (await rest.submitNewOrder({ category, symbol, qty: '0.01', price, side: 'buy', orderType: 'limit', timeInForce: 'gtc', clientOid: 'first' })).data;
  const live = (await ear.push('the order', 'order', (r) => r?.orderId === placed.orderId)).row;
  assert.deepEqual([live.clientOid, live.side, Number(live.qty), Number(live.price)], ['first', 'buy', 0.01, Number(price)]);
  const lower = off(ticker.bid1Price, -250);
  await rest.modifyOrder({ category, symbol, orderId: placed.orderId, qty: '0.02', price: lower });
  await ear.push('the changed order', 'order', (r) => r?.orderId === placed.orderId && Number(r.price) === Number(lower) && Number(r.qty) === 0.02);
  near((await rest.getOrderInfo({ orderId: placed.orderId })).data.qty, 0.02, 'changed size');
  await rest.cancelOrder({ category, symbol, orderId: placed.orderId });
  await ear.push('that it is canceled', 'order', (r) => r?.orderId === placed.orderId && r.orderStatus === 'cancelled');

  // ---- the same over the socket, and what the venue refuses
  const answer = await socket('place-order', { symbol, orderType: 'limit', qty: '0.01', price, side: 'buy', timeInForce: 'gtc', clientOid: 'second' });
  assert.deepEqual([answer.code, answer.args[0].clientOid], ['0', 'second']);
  const { orderId } = answer.args[0];
  await ear.push('the order', 'order', (r) => r?.orderId === orderId);
  assert.equal((await socket('modify-order', { symbol, orderId, qty: '0.03', price: lower })).code, '0');
  await ear.push('the changed order', 'order', (r) => r?.orderId === orderId && Number(r.qty) === 0.03);
  const open = (await rest.getUnfilledOrders({ category })).data.list;
  assert.deepEqual(open.map((o) => [o.orderId, Number(o.qty)]), [[orderId, 0.03]]);
  assert.equal((await socket('cancel-order', { orderId })).code, '0');
  await ear.push('that it is canceled', 'order', (r) => r?.orderId === orderId && r.orderStatus === 'cancelled');
  await assert.rejects(socket('cancel-order', { orderId }), (e) => e.code !== '0' && e.event === 'error');
  assert.ok(ear.faults.every((f) => f.event === 'error'), 'the refusal is told as an exception, too');
  ear.faults = [];
  assert.equal(ear.rows('fill').length, 0);

  // ---- a batch over the socket opens a position: fills, average price, account
  const batch = await socket('batch-place', [
    { symbol, orderType: 'market', qty: '0.01', side: 'buy', clientOid: 'b1' },
    { symbol, orderType: 'market', qty: '0.01', side: 'buy', clientOid: 'b2' },
  ]);
  const ids = batch.args.map((a) => a.orderId);
  assert.equal(new Set(ids).size, 2);
  const ofBatch = () => ear.rows('fill', (r) => ids.includes(r.orderId));
  await ear.until('all fills', () => Math.abs(sum(ofBatch(), 'execQty') - 0.02) < 1e-9);
  assert.equal(new Set(ofBatch().map((f) => f.execId)).size, ofBatch().length);
  assert.ok(ofBatch().every((f) => f.side === 'buy' && f.tradeScope === 'taker' && Number(f.feeDetail[0].fee) > 0));
  const average = sum(ofBatch(), (f) => f.execPrice * f.execQty) / 0.02;
  const position = (await ear.push('the position', 'position', (r) => r && Number(r.size) === 0.02)).row;
  assert.deepEqual([position.symbol, position.posSide], [symbol, 'long']);
  near(position.avgPrice, average, 'entry price', 0.01);
  const held = (await rest.getCurrentPosition({ category })).data.list;
  assert.deepEqual(held.map((p) => [p.symbol, Number(p.total), p.posSide]), [[symbol, 0.02, 'long']]);

  // ---- closed again: it is said to be, and the account is what the fills say
  const since = ear.now;
  const sold = (await rest.submitNewOrder({ category, symbol, qty: '0.02', side: 'sell', orderType: 'market', reduceOnly: 'yes', clientOid: 'sell' })).data.orderId;
  await ear.until('all fills', () => Math.abs(sum(ear.rows('fill', (r) => r.orderId === sold), 'execQty') - 0.02) < 1e-9);
  await ear.push('that the position has ended', 'position', (r) => Number(r?.size) === 0 && r.positionStatus === 'ended', since);
  const fills = ear.rows('fill');
  const expected = 10_000 + sum(fills, 'execPnl') - sum(fills, (f) => f.feeDetail[0].fee);
  await ear.push('the account after all that', 'account', (r) => Math.abs(Number(r.coin[0].equity) - expected) < 1e-4, since);
  near((await rest.getBalances()).data.assets.find((a) => a.coin === 'USDT').equity, expected, 'equity by REST', 1e-4);
  assert.deepEqual((await rest.getCurrentPosition({ category })).data.list, []);
  assert.deepEqual(ear.faults, []);
});
