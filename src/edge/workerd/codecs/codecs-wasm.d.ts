/** Types of imported `.wasm` files, which wrangler compiles; the packages ship none. */
declare module '@cwasm/jpeg-turbo/jpeg-turbo.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '@jsquash/png/codec/pkg/squoosh_png_bg.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '@cwasm/webp/webp.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
