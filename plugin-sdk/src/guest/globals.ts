// What a plugin finds on the global object besides the language itself; ../engine/globals/index.d.ts has the types.
import { console } from "./console.ts";
import { crypto } from "./crypto.ts";
import { random } from "./native.ts";
import { TextDecoder, TextEncoder } from "./text-encoding.ts";
import { clearTimeout, setInterval, setTimeout } from "./timers.ts";
import { URL } from "./url.ts";
import { URLSearchParams } from "./url-search-params.ts";

define(globalThis, "console", console);
define(globalThis, "crypto", crypto);
define(globalThis, "TextDecoder", TextDecoder);
define(globalThis, "TextEncoder", TextEncoder);
define(globalThis, "URL", URL);
define(globalThis, "URLSearchParams", URLSearchParams);
define(globalThis, "queueMicrotask", (task: () => void) => void Promise.resolve().then(task));
define(globalThis, "setTimeout", setTimeout);
define(globalThis, "setInterval", setInterval);
define(globalThis, "clearTimeout", clearTimeout);
define(globalThis, "clearInterval", clearTimeout);
// QuickJS's own generator would be frozen by the snapshot: the same numbers in every instance.
define(Math, "random", random);

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}
