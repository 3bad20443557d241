/**
 * The SDK of the SMS provider prints requests, numbers and credentials through `debug` when DEBUG asks for it. Nobody may ask for it here:
 * imported before the SDK, and before anything else.
 */
delete process.env['DEBUG'];
