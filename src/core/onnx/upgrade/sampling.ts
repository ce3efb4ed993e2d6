/** Operators that read between the elements: Resize and its forerunner Upsample, GridSample, RoiAlign. */
import { floatsAttribute, string, stringAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { type Change, type Changes, type Context, refuse, without } from './context.ts';

const upsampleScales: Change = {
  to: 9,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const scales = floatsAttribute(node, 'scales') ?? refuse(node, 'it has no scales.');
    const input = context.constant(`${node.name}/scales`, 'float32', [scales.length], scales);
    return { ...node, inputs: [x, input], attributes: without(node.attributes, 'scales') };
  },
};

const upsampleToResize: Change = { to: 10, rewrite: (node) => ({ ...node, op: 'Resize' }) };

/** Version 10 knew one way to position the samples. Where it makes smaller, onnxruntime takes the next element, not the last. */
const resizeModes: Change = {
  to: 11,
  rewrite(node, context) {
    const [x = '', scales = ''] = node.inputs;
    const constant = context.constantOf(scales);
    const factors = constant ? Array.from(constantValues(constant)) : [];
    const smaller = factors.some((f) => f < 1);
    if (smaller && factors.some((f) => f > 1) && stringAttribute(node, 'mode', 'nearest') === 'nearest') {
      refuse(
        node,
        'it makes one axis larger and another smaller, which operator set 10 left open. Export with a newer one.',
      );
    }
    return {
      ...node,
      inputs: [x, '', scales],
      attributes: {
        ...node.attributes,
        coordinate_transformation_mode: string('asymmetric'),
        nearest_mode: string(smaller ? 'ceil' : 'floor'),
      },
    };
  },
};

const resizeInputs: Change = {
  to: 13,
  rewrite(node, context) {
    // Version 11 asked for empty tensors where nothing was meant.
    const inputs = node.inputs.map((name, i) => (i > 0 && isEmpty(name, context) ? '' : name));
    const attributes = { ...node.attributes };
    if (stringAttribute(node, 'coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn') {
      if (stringAttribute(node, 'nearest_mode', 'round_prefer_floor') !== 'floor') {
        refuse(node, 'tf_half_pixel_for_nn is only known with nearest_mode floor.');
      }
      // floor((x + 0.5) / s) = round((x + 0.5) / s - 0.5), ties upwards.
      attributes.coordinate_transformation_mode = string('half_pixel');
      attributes.nearest_mode = string('round_prefer_ceil');
    }
    return { ...node, inputs, attributes };
  },
};

const isEmpty = (name: string, context: Context): boolean => context.constantOf(name)?.bytes.byteLength === 0;

const GRID_MODES: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' };

const gridSample: Change = {
  to: 20,
  rewrite(node) {
    const mode = stringAttribute(node, 'mode', 'bilinear');
    return { ...node, attributes: { ...node.attributes, mode: string(GRID_MODES[mode] ?? mode) } };
  },
};

const roiAlign: Change = {
  to: 16,
  rewrite: (node) => ({
    ...node,
    attributes: { ...node.attributes, coordinate_transformation_mode: string('output_half_pixel') },
  }),
};

const scatter: Change = { to: 11, rewrite: (node) => ({ ...node, op: 'ScatterElements' }) };

export const sampling: Changes = {
  Upsample: [upsampleScales, upsampleToResize],
  Resize: [resizeModes, resizeInputs],
  GridSample: [gridSample],
  RoiAlign: [roiAlign],
  Scatter: [scatter],
};
