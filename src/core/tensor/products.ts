/** Element by element; in single precision, in a plain loop: whole layers and images pass here. */
export function productsOf(a: Float32Array, b: Float32Array): Float32Array {
  const products = new Float32Array(a.length);
  for (let i = 0; i < products.length; i++) products[i] = (a[i] as number) * (b[i] as number);
  return products;
}
