/** Makes a name that manifests allow from the path of a model: `my_net` of `models/my net.onnx`. */
export function nameOf(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1).replace(/\.onnx$/i, '');
  return last.replaceAll(/[^\w.-]/g, '_').replace(/^[^A-Za-z0-9]+/, '') || 'model';
}
