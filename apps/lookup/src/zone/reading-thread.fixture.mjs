// Plain JavaScript on what was built: a thread starts with Node alone.
import { Buffer } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import { openZoneView } from '../../dist/zone/open-zone-view.js';

/**
 * Reads without a pause what each entry says in several places: the same count at two names, and by whether it is odd at a third, at a number and above it. All must
 * agree in every edition, and a later edition counts further.
 */
const { handle, names, stop } = workerData;
const stopped = new Int32Array(stop);
const view = openZoneView(handle);
const set = { octets: new Uint8Array(), type: 0, ttl: 0, count: 0, signatureCount: 0, start: 0, plainEnd: 0, end: 0 };
const txt = 16;

function countAt(name) {
  const node = view.node(name, 0, name.length);
  if (node === 0) return undefined;
  if (!view.set(node, txt, set)) return -1;
  const { octets, start, end } = set;
  // A character-string: its length, then the count in decimal.
  return Number(Buffer.from(octets.subarray(start + 13, end)).toString('latin1'));
}

const seen = { takes: 0, editions: 0, mixed: 0, backwards: 0 };
let [edition, last] = [0, 0];
parentPort.postMessage('ready');
while (Atomics.load(stopped, 0) === 0) {
  if (!view.take()) continue;
  seen.takes += 1;
  if (view.edition !== edition) seen.editions += 1;
  if (view.edition < edition) seen.backwards += 1;
  edition = view.edition;
  const count = countAt(names.one);
  const odd = count % 2 === 1;
  const agree =
    countAt(names.other) === count &&
    countAt(names.odd) === (odd ? count : undefined) &&
    countAt(names.number) === (odd ? count : undefined) &&
    view.isEmptyNonTerminal(names.above, 0, names.above.length) === odd;
  if (!agree) seen.mixed += 1;
  if (count < last) seen.backwards += 1;
  last = count;
  view.release();
}
parentPort.postMessage(seen);
