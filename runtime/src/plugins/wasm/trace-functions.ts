// Host functions for spans on a request's trace.
import { Fault } from "@sluice/plugin-sdk/abi";
import type { Exchange } from "../../exchange.ts";
import { Trace } from "../../trace.ts";
import type { SpanFault } from "../../trace.ts";
import type { GatewayFunctionOptions } from "./gateway-functions.ts";

type HostFunctions<Names extends string> = Record<Names, (...parameters: number[]) => number>;

export function traceFunctions({
  plugin,
  memory,
  call,
}: Pick<GatewayFunctionOptions, "plugin" | "memory" | "call">): HostFunctions<
  "span_start" | "span_set" | "span_end" | "trace_get"
> {
  return {
    span_start: (_, request, parent, name, nameLength) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const text = memory.readUtf8(name, nameLength);
      const span = traceOf(exchange).start(plugin, parent, text, performance.now());
      return typeof span === "number" ? span : numberOf(span);
    },

    span_set: (_, request, span, key, keyLength, value, valueLength) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const [name, text] = [memory.readUtf8(key, keyLength), memory.readUtf8(value, valueLength)];
      const fault = traceOf(exchange).set(span, name, text);
      return fault === undefined ? 0 : numberOf(fault);
    },

    span_end: (_, request, span, isError) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      const isEnded = traceOf(exchange).end(span, isError === 1, performance.now());
      return isEnded ? 0 : Fault.badHandle;
    },

    trace_get: (_, request, buffer, limit) => {
      const exchange = call.exchangeOf(request);
      if (exchange === undefined) return Fault.badHandle;
      return memory.writeUtf8(JSON.stringify(traceOf(exchange)), buffer, limit);
    },
  };
}

function traceOf(exchange: Exchange): Trace {
  return (exchange.trace ??= new Trace(exchange.requestFields.all("traceparent")));
}

function numberOf(fault: SpanFault): number {
  switch (fault) {
    case "unknown":
      return Fault.badHandle;
    case "full":
      return Fault.limit;
  }
}
