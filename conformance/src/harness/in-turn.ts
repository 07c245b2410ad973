// Answers in the order of the requests, whichever upstream each of them reaches.
import type { Answer, Upstream } from "./upstream.ts";

/** The first request at any of the upstreams gets the first answer, and so on; the last answer stays. */
export function inTurn(upstreams: readonly Upstream[], ...answers: readonly Answer[]): void {
  let count = 0;
  for (const upstream of upstreams) {
    upstream.answer = (request, connection) =>
      (answers[count++] ?? (answers.at(-1) as Answer))(request, connection); // There is one at least.
  }
}

/** Sends the bytes. */
export function sends(text: string): Answer {
  return (_request, connection) => void connection.send(text);
}
