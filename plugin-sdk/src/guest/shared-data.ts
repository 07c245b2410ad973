// Data of one request, which all its plugins read and write, as JSON.
import type { SharedData } from "../context.ts";
import { check, textOf } from "./faults.ts";
import { sharedGet, sharedSet } from "./native.ts";

export abstract class HostSharedData implements SharedData {
  declare readonly requestHandle: number;

  get(key: string): unknown {
    const got = sharedGet(this.requestHandle, key);
    const text = typeof got === "number" ? textOf(got, label(key)) : got;
    return text === undefined ? undefined : JSON.parse(text);
  }

  set(key: string, value: unknown): void {
    // Its type has no undefined, which it gives for values that JSON does not know.
    const text: string | undefined = JSON.stringify(value);
    const result = sharedSet(this.requestHandle, key, text);
    if (result < 0) check(result, label(key));
  }

  delete(key: string): void {
    check(sharedSet(this.requestHandle, key, undefined), label(key));
  }
}

function label(key: string): string {
  return `shared data "${key}"`;
}
