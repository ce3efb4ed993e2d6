/** Constant nodes as constants of the graph. */
import { makeConstant } from '../constant.ts';
import { subgraphs, withSubgraphs } from '../edit.ts';
import type { Attribute, Constant, Graph, Node } from '../graph.ts';
import { invalid } from '../invalid.ts';

export function hoistConstants(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (node.op !== 'Constant' || node.domain !== '') {
      nodes.push(subgraphs(node).length > 0 ? withSubgraphs(node, hoistConstants) : node);
    } else if (output) {
      if (constants.has(output)) invalid(`The value "${output}" is made twice.`, { value: output });
      constants.set(output, contentOf(node));
    }
  }
  return { ...graph, constants, nodes };
}

function contentOf(node: Node): Constant {
  for (const [name, attribute] of Object.entries(node.attributes)) {
    if (name === 'value' || name.startsWith('value_') || name === 'sparse_value') {
      const constant = fromAttribute(attribute);
      if (constant) return constant;
    }
  }
  return invalid(`Constant "${node.name}" holds no numbers, but whylight works on numbers only.`, { node: node.name });
}

function fromAttribute(attribute: Attribute): Constant | undefined {
  switch (attribute.type) {
    case 'tensor':
      return attribute.value;
    case 'int':
      return makeConstant('int64', [], [attribute.value]);
    case 'ints':
      return makeConstant('int64', [attribute.value.length], attribute.value);
    case 'float':
      return makeConstant('float32', [], [attribute.value]);
    case 'floats':
      return makeConstant('float32', [attribute.value.length], attribute.value);
    default:
      return undefined;
  }
}
