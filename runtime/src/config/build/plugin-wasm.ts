// Where a plugin entry's module comes from.
import { pathToFileURL } from "node:url";
import { isIPv4 } from "node:net";
import type { PluginWasm } from "../model.ts";
import type { PluginFields } from "../schema/plugin.ts";
import { childPath, quote } from "../faults.ts";
import { valueNode } from "../document/node.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

const EXPECTED = 'expected a url like "file:./name.wasm" or "https://host/name.wasm"';

/** Undefined when the entry names none, or when a fault was logged. */
export function buildWasm(
  { record, fields }: Decoded<PluginFields>,
  context: Pick<BuildContext, "faults" | "file">,
): PluginWasm | undefined {
  if (fields.wasm === undefined) return undefined;
  const url = moduleUrl(fields.wasm.url, context.file);
  if (url.kind === "good") {
    const { sha256, signature } = fields.wasm;
    return { url: url.href, sha256: sha256.toLowerCase(), signature };
  }
  const wasm = valueNode(record.node, "wasm");
  const node = (wasm?.kind === "mapping" ? valueNode(wasm, "url") : wasm) ?? record.node;
  context.faults.add(childPath(childPath(record.path, "wasm"), "url"), node.offset, url.fault);
  return undefined;
}

/** A plugin is one module, whichever of its entries says which. */
export function checkModules(
  plugins: readonly Decoded<PluginFields>[],
  context: BuildContext,
): void {
  const first = new Map<string, { readonly path: string; readonly sha256: string }>();
  for (const { record, fields } of plugins) {
    const sha256 = fields.wasm?.sha256.toLowerCase();
    if (sha256 === undefined) continue;
    const known = first.get(fields.name);
    if (known === undefined) first.set(fields.name, { path: record.path, sha256 });
    if (known === undefined || known.sha256 === sha256) continue;
    const message = `the plugin ${quote(fields.name)} has another module in ${known.path}: expected one for all of its entries`;
    addFieldFault(context, record, "wasm", message);
  }
}

type ModuleUrl =
  | { readonly kind: "good"; readonly href: string }
  | { readonly kind: "bad"; readonly fault: string };

/** Faults show nothing of the url: it may hold a password or a token. */
function moduleUrl(text: string, file: string): ModuleUrl {
  const bad = (fault: string): ModuleUrl => ({ kind: "bad", fault });
  if (!/^(?:file|https?):/i.test(text)) return bad(EXPECTED);
  let url: URL;
  try {
    url = new URL(text, pathToFileURL(file));
  } catch {
    return bad(EXPECTED);
  }
  if (url.hash !== "") return bad(`${EXPECTED}, without a fragment`);
  if (url.username !== "" || url.password !== "") return bad(`${EXPECTED}, without a user`);
  if (url.protocol === "file:") {
    if (url.host !== "" || url.search !== "") return bad(EXPECTED);
    return { kind: "good", href: url.href };
  }
  if (!/^https?:\/\/[^/]/i.test(text)) return bad(EXPECTED);
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    return bad("expected https: http is only for loopback addresses, such as 127.0.0.1");
  }
  return { kind: "good", href: url.href };
}

/** Of the host of a parsed url: addresses only, since a name may lead anywhere. */
export function isLoopback(hostname: string): boolean {
  return hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}
