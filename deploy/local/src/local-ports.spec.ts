import { expect, it } from 'vitest';
import { fixedPorts } from './local-ports.js';

it('counts up from the default, or from the port that a variable gives', async () => {
  const ports = fixedPorts({ CALLBOOK_LOCAL_PORT_DNS: '5300' });
  expect([await ports('dns'), await ports('dns'), await ports('api')]).toEqual([5300, 5301, 14443]);
});

it.each(['', '0', '65536', '53a', '-1'])('refuses %j as a port', (text) => {
  expect(() => fixedPorts({ CALLBOOK_LOCAL_PORT_API: text })).toThrow(/CALLBOOK_LOCAL_PORT_API/);
});
