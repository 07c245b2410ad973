// An error that is an answer.

/**
 * Thrown by onRequest, also from deep inside, it ends the request as `ctx.error(status, message, headers)` does. Thrown
 * by onRequestBody, without headers, it does so as long as the client has not seen the head of a response, and cuts the
 * response short after that.
 */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** From 200 to 599. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;

  /** The message goes to the client. */
  constructor(
    status: number,
    message: string,
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.status = status;
    this.headers = options.headers;
  }
}
