/** Types of imported `.wasm` files, which wrangler compiles. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
