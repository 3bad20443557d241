import { BindingContent, CallbookError } from '@callbook/contracts';

/** The contents that events carry. Errors: INTERNAL, for good, when one cannot be read: it would not be better another time. */
export function contentsOf(events: readonly { json(): unknown }[]): BindingContent[] {
  return events.map((event) => {
    try {
      return BindingContent.parse(event.json());
    } catch (cause) {
      throw new CallbookError('INTERNAL', 'a binding event cannot be read', { cause });
    }
  });
}
