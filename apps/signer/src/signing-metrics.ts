import type { Metrics } from '@callbook/process';

export type SigningMetrics = ReturnType<typeof signingMetrics>;

export const signingMetrics = (metrics: Metrics) => ({
  leading: metrics.gauge('signer_leading', '1 when this process signs, 0 when it stands by'),
  serial: metrics.gauge('signer_serial', 'SOA serial that the journal has reached'),
  publish: metrics.seconds('signer_publish_seconds', 'Time from signed to appended, a journal entry'),
  signatures: metrics.counter('signer_signatures_total', 'Signatures made'),
  remaining: metrics.gauge('signer_signature_remaining_seconds', 'Time until the first signature of the zone ends'),
  refused: metrics.gauge(
    'signer_bindings_refused',
    'Bindings that the last reconciliation could not make into records',
  ),
  staticSets: metrics.gauge('signer_static_sets', "RRsets of the operator's file that the zone holds"),
  staticRefused: metrics.gauge(
    'signer_static_refused',
    "1 while the operator's file cannot be read or is refused, and the zone keeps the records of the former one",
  ),
});
