// The settings of one plugin entry, read from the JSON that the gateway has checked by the manifest's schema.
import * as host from "../src/engine/host";
import { memberOf, itemsOf, numberAt, textAt } from "./json";
import { result } from "./text";

export class Config {
  /** `{"id": …, "config": {…}}`. */
  readonly json: string;
  private readonly settings: i32;

  constructor(entry: i32) {
    let length = host.config_get(entry, result.pointer, result.capacity);
    if (result.isTooSmallFor(length)) {
      length = host.config_get(entry, result.pointer, result.capacity);
    }
    this.json = length < 0 ? "{}" : result.utf8(length);
    this.settings = memberOf(this.json, 0, "config");
  }

  /** The entry's id, stable across reloads. */
  get id(): string {
    const at = memberOf(this.json, 0, "id");
    return at < 0 ? "" : textAt(this.json, at);
  }

  text(name: string, fallback: string = ""): string {
    const at = this.find(name, 0x22);
    return at < 0 ? fallback : textAt(this.json, at);
  }

  number(name: string, fallback: f64 = 0): f64 {
    const at = memberOf(this.json, this.settings, name);
    const value = at < 0 ? NaN : numberAt(this.json, at);
    return isNaN(value) ? fallback : value;
  }

  flag(name: string, fallback: bool = false): bool {
    if (this.find(name, 0x74) >= 0) return true;
    return this.find(name, 0x66) >= 0 ? false : fallback;
  }

  texts(name: string): string[] {
    const texts: string[] = [];
    const at = this.find(name, 0x5b);
    if (at < 0) return texts;
    const items = itemsOf(this.json, at);
    for (let index = 0; index < items.length; index++) {
      if (this.json.charCodeAt(items[index]) === 0x22) texts.push(textAt(this.json, items[index]));
    }
    return texts;
  }

  /** Where the setting is, if it begins with that character. */
  private find(name: string, character: i32): i32 {
    const at = memberOf(this.json, this.settings, name);
    return at >= 0 && this.json.charCodeAt(at) === character ? at : -1;
  }
}

/** What configure made of each entry, for the phases. */
export class Entries<T> {
  private readonly byEntry: Map<i32, T> = new Map<i32, T>();

  set(entry: i32, settings: T): void {
    this.byEntry.set(entry, settings);
  }

  /** Of an entry that was configured, as each is before its first phase. */
  get(entry: i32): T {
    return this.byEntry.get(entry);
  }
}
