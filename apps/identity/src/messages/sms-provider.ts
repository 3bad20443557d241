/** One message as the provider needs it. */
export interface Sms {
  /** Ours: the provider gives it back in its reports. */
  readonly reference: string;
  /** `tel:` URI. */
  readonly to: string;
  readonly text: string;
  /** Seconds after which it need not be delivered any more. */
  readonly validity: number;
}

/**
 * What became of handing a message over. `reason` is a code.
 * `accepted`: it is on its way. `later`: it was not taken, and may be. `refused`: it was not taken, and never will be.
 * `unknown`: it may or may not have been taken.
 */
export type Handover =
  | { readonly outcome: 'accepted'; readonly providerId: string }
  | { readonly outcome: 'later' | 'refused' | 'unknown'; readonly reason: string };

/** Never throws. */
export type SendSms = (sms: Sms) => Promise<Handover>;
