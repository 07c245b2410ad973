// How the guest makes its objects.
import type { PluginEntry } from "../context.ts";

/** An object of the class whose prototype it names, written down instead of constructed. */
interface ViewLiteral<View> {
  readonly __proto__: View;
  readonly requestHandle: number;
  readonly plugin?: PluginEntry;
  readonly isAnswered?: boolean;
  readonly id?: string;
  readonly spanHandle?: number;
}

/** Gives a literal the type that its prototype makes it. esbuild replaces the call by its argument. */
export function viewOf<View>(literal: ViewLiteral<View>): View {
  // `__proto__` in a literal sets the prototype, which TypeScript does not know.
  return literal as unknown as View;
}
