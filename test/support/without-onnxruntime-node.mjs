/** Preloaded by `node --import`: the native engine is not installed. Node 20 has no such hooks and only starts another Node. */
import * as module from 'node:module';

module.registerHooks?.({
  resolve(specifier, context, next) {
    if (specifier === 'onnxruntime-node') throw new Error('Cannot find package onnxruntime-node');
    return next(specifier, context);
  },
});
