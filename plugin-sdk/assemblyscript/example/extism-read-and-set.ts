// The same as read-and-set.ts for Extism's interface, without a JavaScript engine: what the bench compares with.
import { itemsOf, memberOf, textAt } from "../json";
import { readInput, write } from "./extism-io";

export function access(): i32 {
  const json = readInput();
  const pairs = itemsOf(json, memberOf(json, 0, "headers"));
  let seen = "none";
  for (let index = 0; index < pairs.length; index++) {
    const pair = itemsOf(json, pairs[index]);
    if (textAt(json, pair[0]) === "x-api-key") seen = textAt(json, pair[1]);
  }
  write(`{"response":{"headers":{"set":[["X-Seen","${seen}"]]}}}`);
  return 0;
}
