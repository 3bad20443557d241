import { expect, it } from 'vitest';
import { reach } from './database-store.js';

const within = (cause: object) =>
  Object.assign(new Error('invocation failed'), { code: 'P2010', meta: { driverAdapterError: { cause } } });

it.each([
  ['cut while a statement ran', new Error('Connection terminated unexpectedly')],
  ['cut inside a transaction', new Error('Client has encountered a connection error and is not queryable')],
  ['refused', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['starting or ending', within({ originalCode: '57P03' })],
  ['full', within({ originalCode: '53100' })],
  ['without a connection left', within({ kind: 'TooManyConnections' })],
  ['rolling back one of two that wait for each other', within({ originalCode: '40P01' })],
])('a database that is %s may be asked again', async (_, error) => {
  await expect(reach(Promise.reject(error))).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'later' });
});

it.each([
  ['a statement that is wrong', within({ originalCode: '42601' })],
  ['a row that is there already', Object.assign(new Error('unique'), { code: 'P2002' })],
])('%s is a fault of ours', async (_, error) => {
  await expect(reach(Promise.reject(error))).rejects.toBe(error);
});
