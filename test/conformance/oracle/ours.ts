import { createResponder } from '../../../apps/lookup/src/answer/pipeline.js';
import type { Client } from '../../../apps/lookup/src/answer/responder.js';
import { ServedZone } from '../../../apps/lookup/src/zone/served-zone.js';
import { ZoneStore } from '../../../apps/lookup/src/zone/zone-store.js';
import type { Ours } from './run.js';

const largest = 65_535;

/** Lookup's answering and its zone in memory, without sockets: thousands of zones in one process, where a program each would take hours. */
export const ours: Ours = async (trial, keys) => {
  const served = new ServedZone(trial.apex);
  served.serve(ZoneStore.of(trial.apex, trial.records));
  let now = Date.now();
  const responder = createResponder({
    view: served.view(),
    denialKeys: () => (trial.variant === 'compact' ? keys.denial : undefined),
    udpLimit: 1_232,
    clock: () => (now += 1), // the limit to signatures each second is not what is tested here
    count: () => undefined,
  });
  const out = new Uint8Array(largest);
  return ({ query, transport }) => {
    const client: Client = {
      carrier: transport,
      address: Uint8Array.of(127, 0, 0, 1),
      addressStart: 0,
      addressLength: 4,
    };
    const octets = responder.respond(query, 0, query.length, out, 0, client);
    return octets === 0 ? undefined : out.slice(0, octets);
  };
};
