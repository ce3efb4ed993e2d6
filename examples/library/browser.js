import { open } from 'whylight';

const model = await open('/models/cifar10/'); // a folder on the server; or the File of an input element
const photo = await (await fetch('/cat.jpg')).blob();
const explanation = await model.explain(photo, { method: 'grad_cam' });

const image = document.createElement('img');
image.src = URL.createObjectURL(new Blob([await explanation.png()], { type: 'image/png' }));
image.alt = explanation.summary;
document.body.append(image);
