"""Images, labels and teacher outputs as arrays, cached in a folder, and the augmentation."""
import io
import json
import pathlib
import zipfile

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def ids(folder):
    """The 200 WordNet ids in the order in which this script numbers them."""
    return sorted(json.loads((pathlib.Path(folder) / "classes.json").read_text()))


def images(folder, part, cache):
    """Images as uint8 [n, 64, 64, 3] and numbers of their WordNet ids, decoded once."""
    pixels, labels = cache / f"{part}_x.npy", cache / f"{part}_y.npy"
    if not labels.exists():
        number = {wnid: i for i, wnid in enumerate(ids(folder))}
        with zipfile.ZipFile(pathlib.Path(folder) / f"everyday_{part}.zip") as archive:
            names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
            np.save(pixels, np.stack([np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]))
        np.save(labels, np.array([number[name.split("/")[-2]] for name in names]))
    return np.load(pixels), np.load(labels)


def teacher(folder, model, cache, batch=16):
    """Logits of the teacher for the training images, float16 [n, 1001], computed once."""
    file = cache / "train_teacher.npy"
    if not file.exists():
        import onnxruntime
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        pixels, _ = images(folder, "train", cache)
        rows = []
        for part in np.split(pixels, range(batch, len(pixels), batch)):
            large = F.interpolate(torch.from_numpy(part).permute(0, 3, 1, 2).float(), size=(224, 224), mode="bilinear")
            rows.append(session.run(None, {session.get_inputs()[0].name: (large / 127.5 - 1).numpy()})[0].astype(np.float16))
        np.save(file, np.concatenate(rows))
    return np.load(file, mmap_mode="r")


def teacher_outputs(folder):
    """The output of the teacher for each of the 200 ids: class k of ImageNet is output k + 1."""
    numbers = json.loads((pathlib.Path(folder) / "everyday_imagenet1k.json").read_text())
    return [numbers[wnid] + 1 for wnid in sorted(numbers)]


def normalize(x):
    """Pixels 0..255 [n, 3, h, w] to zero mean and unit deviation."""
    return (x / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def resized(x, size):
    """Bytes [n, h, w, 3] as normalised images [n, 3, size, size]."""
    x = torch.from_numpy(x).permute(0, 3, 1, 2).float()
    return normalize(x if x.shape[-1] == size else F.interpolate(x, size=(size, size), mode="bilinear", antialias=True))


def augmented(x, size, generator, smallest=0.35):
    """Random crops of `smallest`..1 of the area, mirrored half of the time, with mild changes of light and colour."""
    n = len(x)
    uniform = lambda low, high, *shape: torch.rand(n, *shape, generator=generator) * (high - low) + low
    x = torch.from_numpy(x).permute(0, 3, 1, 2).float()
    area, ratio = uniform(smallest, 1), uniform(-0.29, 0.29).exp().sqrt()
    width, height = (area.sqrt() * ratio).clamp(max=1), (area.sqrt() / ratio).clamp(max=1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = width * torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    theta[:, 1, 1] = height
    theta[:, 0, 2], theta[:, 1, 2] = (1 - width) * uniform(-1, 1), (1 - height) * uniform(-1, 1)
    grid = F.affine_grid(theta, [n, 3, size, size], align_corners=False)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    grey = x.mean(1, keepdim=True)
    x = grey + (x - grey) * uniform(0.6, 1.4, 1, 1, 1)
    level = x.mean((1, 2, 3), keepdim=True)
    x = level + (x - level) * uniform(0.7, 1.3, 1, 1, 1)
    return normalize(x * uniform(0.75, 1.25, 1, 1, 1) * uniform(0.94, 1.06, 3, 1, 1))
