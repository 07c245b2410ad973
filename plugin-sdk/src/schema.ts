// placeholder: owned by the policies helper
export {};
