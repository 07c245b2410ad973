// Secrets by reference, for the plugin entry of the request.
import type { Secrets } from "../context.ts";
import { textOf } from "./faults.ts";
import { secretGet } from "./native.ts";

export abstract class HostSecrets implements Secrets {
  declare readonly requestHandle: number;

  get(reference: string): string | undefined {
    return textOf(secretGet(this.requestHandle, reference), `secret "${reference}"`);
  }
}
