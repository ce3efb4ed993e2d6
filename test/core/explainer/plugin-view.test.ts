import { describe, expect, it } from 'vitest';
import { graphView, modelView } from '../../../src/core/explainer/plugin-view.ts';
import { imageGraph, openGraph } from '../../../src/testing/node.ts';

const model = await openGraph(imageGraph());
const info = model.info();

describe('modelView', () => {
  it('shows the facts of the model', () => {
    const view = modelView(info);
    expect(view.inputs).toEqual(info.inputs);
    expect(view.tensor(info.scores.name)).toEqual(info.scores);
    expect({ ...view }).toMatchObject({ scores: info.scores });
  });

  it('throws for whoever writes to it', () => {
    const view = modelView(info) as { scores: unknown };
    expect(() => {
      view.scores = 1;
    }).toThrow(TypeError);
    expect(() => Object.assign(modelView(info).inputs[0] as object, { name: 'x' })).toThrow(TypeError);
  });
});

describe('graphView', () => {
  const view = graphView(model.graph);

  it('has nodes and constants equal to those of the graph', () => {
    expect(view.nodes).toEqual(model.graph.nodes);
    expect([...view.constants.keys()]).toEqual([...model.graph.constants.keys()]);
    for (const [name, { dims, bytes }] of view.constants) {
      expect(model.graph.constants.get(name)).toMatchObject({ dims, bytes });
    }
    expect(new Map(view.constants).size).toBe(model.graph.constants.size);
  });

  it('hands out copies of weights', () => {
    const [[name = '', constant] = []] = [...view.constants].filter(([, { bytes }]) =>
      bytes.some((byte) => byte !== 0),
    );
    constant?.bytes.fill(0);
    expect(model.graph.constants.get(name)?.bytes.some((byte) => byte !== 0)).toBe(true);
  });

  it('is one object for each graph, also of its own view', () => {
    expect(graphView(model.graph)).toBe(view);
    expect(graphView(view)).toBe(view);
  });
});
