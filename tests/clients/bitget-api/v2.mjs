// A classic account: market data, private channels, an order's life by REST, a position and its end.
import assert from 'node:assert/strict';
import { RestClientV2, WebsocketClientV2 } from 'bitget-api';
import { checkBook, Ear, endpoint, keys, logger, main, near, off, restOptions, socketOptions, sum } from './venue.mjs';

const product = 'USDT-FUTURES';
const symbol = 'BTCUSDT';
const market = { symbol, productType: product };
const order = { ...market, marginMode: 'crossed', marginCoin: 'USDT' };

await main(async () => {
  const rest = new RestClientV2(restOptions);
  const ws = new WebsocketClientV2({ ...socketOptions, wsUrl: endpoint.private }, logger);
  const ear = new Ear(ws);

  for (const topic of ['trade', 'books', 'ticker', 'candle1m']) ws.subscribeTopic(product, topic, symbol);
  for (const topic of ['account', 'positions', 'orders', 'orders-algo', 'positions-history']) ws.subscribeTopic(product, topic);
  ws.subscribe({ topic: 'fill', payload: { instType: product, instId: 'default' } }, 'v2Private');

  // ---- login, acknowledgements, first pushes
  await ear.until('the login', () => ear.responses.find((r) => r.event === 'login' && r.code === 0));
  await ear.until('ten acknowledgements', () => ear.responses.filter((r) => r.event === 'subscribe').length === 10);
  const book = (await ear.push('a book', 'books', (r, p) => p.action === 'snapshot')).row;
  checkBook(book.asks, book.bids);
  const next = (await ear.push('an update of the book', 'books', (r, p) => p.action === 'update')).row;
  assert.equal(next.pseq, book.seq);
  const ticker = (await ear.push('a ticker', 'ticker')).row;
  assert.equal(ticker.instId, symbol);
  assert.ok(Number(ticker.bidPr) < Number(ticker.askPr) && Number(ticker.markPrice) > 0);
  const trade = (await ear.push('a trade', 'trade')).row;
  assert.ok(['buy', 'sell'].includes(trade.side) && Number(trade.price) > 0 && Number(trade.size) > 0 && trade.tradeId);
  assert.equal((await ear.push('a candle', 'candle1m')).row.length, 8);
  const begin = (await ear.push('the account', 'account')).row;
  assert.equal(begin.marginCoin, 'USDT');
  near(begin.equity, 10_000, 'equity at the start');
  await ear.push('that the account is flat', 'positions', (row) => row === null);

  // ---- REST, unsigned and signed; a wrong secret is told as such
  assert.ok(Number((await rest.getFuturesTicker(market)).data[0].lastPr) > 0);
  const contract = (await rest.getFuturesContractConfig(market)).data[0];
  assert.deepEqual([contract.symbol, contract.pricePlace, contract.sizeMultiplier], [symbol, '1', '0.0001']);
  near((await rest.getFuturesAccountAsset({ ...market, marginCoin: 'USDT' })).data.accountEquity, 10_000, 'equity by REST');
  await assert.rejects(
    new RestClientV2({ ...restOptions, apiSecret: keys.apiSecret + 'x' }).getFuturesAccountAssets({ productType: product }),
    (e) => e.body?.code === '40009',
  );

  // ---- a limit order: placed, modified (the venue makes a new one of it), canceled
  const price = off(ticker.bidPr, -200);
  const placed = (await rest.futuresSubmitOrder({ ...order, size: '0.01', price, side: 'buy', orderType: 'limit', force: 'gtc', clientOid: 'first' })).data;
  assert.equal(placed.clientOid, 'first');
  const live = (await ear.push('the order', 'orders', (r) => r?.orderId === placed.orderId)).row;
  assert.deepEqual([live.status, live.clientOid, live.side, Number(live.size), Number(live.price)], ['live', 'first', 'buy', 0.01, Number(price)]);
  assert.equal((await rest.getFuturesOrder({ ...market, orderId: placed.orderId })).data.state, 'live');
  await assert.rejects(
    rest.futuresSubmitOrder({ ...order, size: '0.01', price, side: 'buy', orderType: 'limit', clientOid: 'first' }),
    (e) => e.body?.code === '40786',
  );
  const lower = off(ticker.bidPr, -250);
  await rest.futuresModifyOrder({ ...market, orderId: placed.orderId, newClientOid: 'second', newSize: '0.02', newPrice: lower });
  await ear.push('the end of the first order', 'orders', (r) => r?.orderId === placed.orderId && r.status === 'canceled');
  const second = (await ear.push('the order in its place', 'orders', (r) => r?.clientOid === 'second')).row;
  assert.deepEqual([second.status, Number(second.size), Number(second.price)], ['live', 0.02, Number(lower)]);
  const open = (await rest.getFuturesOpenOrders({ productType: product })).data.entrustedList;
  assert.deepEqual(open.map((o) => o.clientOid), ['second']);
  await rest.futuresCancelOrder({ ...market, marginCoin: 'USDT', orderId: second.orderId });
  await ear.push('that it is canceled', 'orders', (r) => r?.orderId === second.orderId && r.status === 'canceled');
  assert.equal((await rest.getFuturesOpenOrders({ productType: product })).data.entrustedList.length, 0);
  await assert.rejects(rest.futuresCancelOrder({ ...market, marginCoin: 'USDT', orderId: second.orderId }), (e) => Number(e.body?.code) > 0);
  assert.equal(ear.rows('fill').length, 0);

  // ---- a position: fills, average price, account
  const bought = (await rest.futuresSubmitOrder({ ...order, size: '0.02', side: 'buy', orderType: 'market', clientOid: 'buy' })).data.orderId;
  const filled = (await ear.push('that the order is filled', 'orders', (r) => r?.orderId === bought && r.status === 'filled')).row;
  near(filled.accBaseVolume, 0.02, 'filled size');
  await ear.until('all fills', () => Math.abs(sum(ear.rows('fill', (r) => r.orderId === bought), 'baseVolume') - 0.02) < 1e-9);
  const buys = ear.rows('fill', (r) => r.orderId === bought);
  assert.equal(new Set(buys.map((f) => f.tradeId)).size, buys.length);
  assert.ok(buys.every((f) => f.side === 'buy' && f.tradeScope === 'taker' && Number(f.feeDetail[0].totalFee) < 0));
  const average = sum(buys, (f) => f.price * f.baseVolume) / 0.02;
  near(filled.priceAvg, average, 'average price', 0.01);
  const position = (await ear.push('the position', 'positions', (r) => Number(r?.total) === 0.02)).row;
  assert.deepEqual([position.instId, position.holdSide, position.posMode, position.marginMode], [symbol, 'long', 'one_way_mode', 'crossed']);
  near(position.openPriceAvg, average, 'entry price', 0.01);
  const held = (await rest.getFuturesPositions({ productType: product, marginCoin: 'USDT' })).data;
  assert.deepEqual(held.map((p) => [p.symbol, Number(p.total), p.holdSide]), [[symbol, 0.02, 'long']]);
  const told = (await rest.getFuturesFills({ productType: product, symbol, orderId: bought })).data.fillList;
  assert.deepEqual(new Set(told.map((f) => f.tradeId)), new Set(buys.map((f) => f.tradeId)));

  // ---- a take profit, and its end
  const plan = (await rest.futuresSubmitTPSLOrder({ ...market, marginCoin: 'USDT', planType: 'profit_plan', triggerPrice: off(average, 300), triggerType: 'mark_price', holdSide: 'buy', size: '0.01', clientOid: 'tp' })).data;
  await ear.push('the plan', 'orders-algo', (r) => r?.orderId === plan.orderId && r.status === 'live' && r.planType === 'tp');
  await rest.futuresCancelPlanOrder({ ...market, marginCoin: 'USDT', planType: 'profit_plan', orderIdList: [{ orderId: plan.orderId }] });
  await ear.push('that the plan is canceled', 'orders-algo', (r) => r?.orderId === plan.orderId && r.status === 'cancelled');

  // ---- closed again: flat, and the account is what the fills say
  const since = ear.now;
  const sold = (await rest.futuresSubmitOrder({ ...order, size: '0.02', side: 'sell', orderType: 'market', reduceOnly: 'YES', clientOid: 'sell' })).data.orderId;
  await ear.until('all fills', () => Math.abs(sum(ear.rows('fill', (r) => r.orderId === sold), 'baseVolume') - 0.02) < 1e-9);
  await ear.push('that the account is flat again', 'positions', (row) => row === null, since);
  const closed = (await ear.push('the closed position', 'positions-history')).row;
  near(closed.closeSize, 0.02, 'closed size');
  const fills = ear.rows('fill');
  const expected = 10_000 + sum(fills, 'profit') + sum(fills, (f) => f.feeDetail[0].totalFee);
  await ear.push('the account after all that', 'account', (r) => Math.abs(Number(r.equity) - expected) < 1e-4, since);
  near(sum(fills, 'profit'), sum(fills.filter((f) => f.orderId === sold), (f) => f.price * f.baseVolume) - average * 0.02, 'profit', 1e-4);
  near((await rest.getFuturesAccountAsset({ ...market, marginCoin: 'USDT' })).data.accountEquity, expected, 'equity by REST', 1e-4);
  assert.deepEqual(ear.faults, []);
});
