import { writeFile } from 'node:fs/promises';
import { open } from 'whylight';

const model = await open('cifar10'); // or 'model.onnx', a folder, an address, bytes
const [best] = await model.predict('cat.jpg');
console.log(best.label, best.probability.toFixed(2));

const explanation = await model.explain('cat.jpg', { method: 'grad_cam', target: 'cat' });
console.log(explanation.score.toFixed(3), explanation.map.dims, explanation.summary);
await writeFile('map.png', await explanation.png());
