// One .wasm file of the library: what its manifest says, and its modules.
import { readFileSync } from "node:fs";
import type { JsonSchema } from "@sluice/plugin-sdk/abi";
import { sha256Of } from "../supply/trusted-keys.ts";
import { manifestOf } from "./module.ts";
import type { PluginModule } from "./module.ts";

interface Content {
  readonly sha256: string;
  readonly configSchema: JsonSchema;
}

export class LibraryFile {
  readonly path: string;
  /** Changes when the file does, or what signs it. */
  readonly state: string;
  /** By the limit of their memory. */
  readonly modules: Map<number | undefined, Promise<PluginModule>> = new Map();
  readonly #name: string;
  #content: Content | undefined;

  /** Without its bytes it is read when somebody asks: most gateways use few of the plugins that come with them. */
  constructor(name: string, path: string, state: string, bytes?: Uint8Array) {
    this.#name = name;
    this.path = path;
    this.state = state;
    if (bytes !== undefined) this.#content = contentOf(name, bytes);
  }

  get sha256(): string {
    return this.#read().sha256;
  }

  get configSchema(): JsonSchema {
    return this.#read().configSchema;
  }

  #read(): Content {
    return (this.#content ??= contentOf(this.#name, readFileSync(this.path)));
  }
}

/** Throws PluginRefused for what is no plugin. */
function contentOf(name: string, bytes: Uint8Array): Content {
  return { sha256: sha256Of(bytes), configSchema: manifestOf(name, bytes)?.config ?? {} };
}
