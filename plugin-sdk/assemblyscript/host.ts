// The host functions themselves, for what the wrappers of this folder leave out.
export * from "../src/engine/host";
