/** What we use of it; neither the language's types nor Node's have it. */
declare const WebAssembly: {
  readonly Module: new (wasm: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
