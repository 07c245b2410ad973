// Reads one header and sets one: what the bench measures.
import { Request, Response, Verdict, sluice_abi_version } from "@sluice/plugin-sdk/assemblyscript";

export { sluice_abi_version };

export function sluice_configure(entry: i32): i32 {
  return Verdict.Continue;
}

export function sluice_access(handle: i32, entry: i32): i32 {
  const key = new Request(handle).header("x-api-key");
  new Response(handle).setHeader("X-Seen", key === null ? "none" : key);
  return Verdict.Continue;
}
