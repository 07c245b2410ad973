// A plain Extism plugin (see ../../EXTISM.md): it asks for an API key, and counts the requests of each one. It uses
// nothing of this folder's library but its JSON reader. An Extism PDK would do what ./extism-io.ts does.
import { itemsOf, memberOf, textAt } from "../json";
import { fail, readInput, setting, setVariable, variable, write, writeLog } from "./extism-io";

export function access(): i32 {
  const json = readInput();
  const key = header(json, "x-api-key");
  if (key === "") {
    write(`{"respond":{"status":401,"headers":[["Content-Type","text/plain"]],"body":"no key"}}`);
    return 0;
  }
  if (key === "fail") return fail("this key always fails");
  const count = parseInt(variable(`count-${key}`)) || 0;
  setVariable(`count-${key}`, (<i32>count + 1).toString());
  const name = setting("header");
  write(
    `{"request":{"headers":{"set":[["${name}","${(<i32>count + 1).toString()}"]],"remove":["X-Api-Key"]}},` +
      `"response":{"headers":{"add":[["X-Path","${textOf(json, "request", "path")}"]]}}}`,
  );
  return 0;
}

export function header_filter(): i32 {
  const json = readInput();
  const response = memberOf(json, 0, "response");
  const status = json.substr(memberOf(json, response, "status"), 3);
  write(`{"response":{"headers":{"set":[["X-Status-Was","${status}"]]}}}`);
  return 0;
}

export function log(): i32 {
  writeLog(`finished ${textOf(readInput(), "request", "path")}`);
  return 0;
}

function textOf(json: string, part: string, name: string): string {
  const at = memberOf(json, memberOf(json, 0, part), name);
  return at < 0 ? "" : textAt(json, at);
}

function header(json: string, name: string): string {
  const pairs = itemsOf(json, memberOf(json, memberOf(json, 0, "request"), "headers"));
  for (let index = 0; index < pairs.length; index++) {
    const pair = itemsOf(json, pairs[index]);
    if (textAt(json, pair[0]) === name) return textAt(json, pair[1]);
  }
  return "";
}
