// crypto.getRandomValues and crypto.randomUUID over the host's random bytes.
import { check } from "./faults.ts";
import { randomBytes, randomUuid } from "./native.ts";
import { bytesOf } from "./text-encoding.ts";

export const crypto = {
  /** Fills the array and returns it. */
  getRandomValues<View extends ArrayBufferView>(view: View): View {
    const bytes = bytesOf(view);
    if (bytes.length > 0) check(randomBytes(bytes), "random bytes");
    return view;
  },

  randomUUID(): string {
    const uuid = randomUuid();
    if (typeof uuid === "number") check(uuid, "random bytes");
    return String(uuid);
  },
};
