// What a registry is to the gateway. A new kind is a file in sources/ and a line in sources/all.ts.
import type { z } from "zod";
import type { Clock } from "../upstream/clock.ts";

/** One instance of a service, as a registry lists it. */
export interface ListedTarget {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** 0 to 65535. */
  readonly weight: number;
}

/** Whoever wants to know what a registry says, and what watching it needs. */
export interface Listener {
  /** All instances that may get requests, in place of those before. */
  onTargets(targets: readonly ListedTarget[]): void;
  /** The registry lives, and nothing has changed. */
  onAlive(): void;
  /** Something of what it says cannot be used; watching goes on, and the targets stay. */
  onFault(detail: string): void;
  /** Watching ends, too. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Absolute: paths of files are relative to it. */
  readonly folder: string;
  /** Counts from 0, one more each time that watching starts again: with several servers the next one is asked. */
  readonly attempt: number;
}

/**
 * Watches until the signal aborts or something breaks, and begins with a whole list. Rejects with an Error that says what
 * broke, without credentials; resolves when the list is wanted anew. It is started again, after a rejection later and later.
 */
export type Watching = (listener: Listener) => Promise<void>;

/** A kind of registry. */
export interface SourceKind<Fields> {
  /** In the config, `type`. */
  readonly type: string;
  /** Of its own fields. */
  readonly schema: z.ZodType<Fields>;
  watch(fields: Fields, listener: Listener): Promise<void>;
}

/** The same for whoever does not know the fields. */
export interface Source {
  readonly type: string;
  readonly schema: z.ZodType;
  /** The fields come from {@link schema}. */
  watching(fields: unknown): Watching;
}

export function source<Fields>({ type, schema, watch }: SourceKind<Fields>): Source {
  return {
    type,
    schema,
    // The schema is what made them.
    watching: (fields) => (listener) => watch(fields as Fields, listener),
  };
}
