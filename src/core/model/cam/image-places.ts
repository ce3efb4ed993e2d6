/** Places of a model's image in every tensor, found when they are first asked for. */
import { WhylightError } from '../../errors.ts';
import type { Graph, ValueInfo } from '../../onnx/graph.ts';
import { infer } from '../../onnx/infer.ts';
import type { InputFact } from '../description.ts';
import { camLayerOf, type LayerLayout, layoutOfPlaces } from './cam-layer.ts';
import { type PlacesByName, placesOf, type Values } from './places.ts';
import type { ExplainedElement } from './reach.ts';

export interface ImagePlaces {
  /** Layout of a tensor; undefined for one that is no image in order. */
  layout(name: string): LayerLayout | undefined;
  /** The layer for CAM methods; undefined where places are not known of any. */
  camLayer(scores: string, maps: readonly string[], element?: ExplainedElement): string | undefined;
}

/**
 * @param inputs of the graph, with the extents of a request where the file leaves them open
 * @param image the explained image
 */
export function imagePlaces(graph: Graph, inputs: readonly ValueInfo[], image: InputFact): ImagePlaces {
  let found: { readonly values: Values; readonly places: PlacesByName } | undefined;
  const track = () => {
    found ??= tracked(graph, inputs, image);
    return found;
  };
  return {
    layout: (name) => {
      const places = track().places.get(name);
      return places && layoutOfPlaces(places);
    },
    camLayer: (scores, maps, element) => {
      const { values, places } = track();
      return places.size === 0 ? undefined : camLayerOf({ graph, values, places, scores, maps, element });
    },
  };
}

function tracked(graph: Graph, inputs: readonly ValueInfo[], { name, layout }: InputFact) {
  const single = inputs.map((input) => {
    const [rows, ...row] = input.dims ?? [];
    return input.whole || typeof rows !== 'string' ? input : { ...input, dims: [1, ...row] };
  });
  try {
    const values = infer({ ...graph, inputs: single });
    return { values, places: placesOf(graph, values, { name, layout: `N${layout.value.replace('N', '')}` }) };
  } catch (error) {
    // A graph that takes no single row tells nothing here; what it takes is settled elsewhere.
    if (!WhylightError.is(error)) throw error;
    return { values: new Map(), places: new Map() };
  }
}
