// The glue module's exports: what quickjs.wasm imports, what the compiler calls, what the gateway calls.
export * from "./boot";
export * from "./phases";
export * from "./wasi";
