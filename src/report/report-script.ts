/**
 * Script of a report's page: draws maps over pictures, fills the sections, follows the controls. Plain script
 * without template literals, so that it can stand in one here. Names of files and classes only ever become text nodes.
 */
export const SCRIPT = `
'use strict';
const read = id => JSON.parse(document.getElementById(id).textContent);
const about = read('about'), records = read('records');
const byId = id => document.getElementById(id);
const state = { method: about.methods[0], opacity: 0.75, truth: '', said: '', only: '', members: null };
const ratio = records[0] ? records[0].size[0] / records[0].size[1] : 1;
document.documentElement.style.setProperty('--ratio', ratio);
const percent = x => x === undefined || x === null ? '' : (100 * x).toFixed(x < 0.0995 && x > 0 ? 1 : 0) + ' %';

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'class') node.className = value;
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== undefined && child !== null));
  return node;
}

// Pictures and maps, unpacked when they are first drawn.
const images = new Map();
function imageOf(record) {
  if (!images.has(record)) {
    const image = new Image();
    image.src = 'data:image/png;base64,' + record.thumbnail;
    images.set(record, image.decode().then(() => image));
  }
  return images.get(record);
}
function bytesOf(map) {
  if (!map.bytes) map.bytes = Int8Array.from(atob(map.data), c => c.charCodeAt(0) << 24 >> 24);
  return map.bytes;
}

// Colour map for -1..1, as in drawings of both polarities: red speaks for the class, blue against it.
const COLORS = Uint8Array.from(atob(about.colors), c => c.charCodeAt(0));
function heat(width, height, at) {
  const canvas = document.createElement('canvas');
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext('2d'), picture = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const value = at(i), strength = Math.min(1, Math.abs(value));
    const entry = 3 * Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, value)));
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = COLORS[entry + c];
    picture.data[4 * i + 3] = 255 * Math.min(1, Math.max(0, (strength - 0.06) * 1.7));
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}
function overlay(context, heatmap, side) {
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.globalAlpha = state.opacity;
  context.drawImage(heatmap, 0, 0, side[0], side[1]);
  context.globalAlpha = 1;
}

// Canvases draw themselves when they come into sight, and again when a control moves.
const drawers = new Map();
const sight = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    target.seen = isIntersecting;
    if (isIntersecting) drawers.get(target)();
  }
}, { rootMargin: '300px' });
function canvasOf(width, draw, label) {
  const height = Math.round(width / ratio), canvas = el('canvas', { width: 2 * width, height: 2 * height, role: 'img', 'aria-label': label });
  canvas.style.width = width + 'px';
  const context = canvas.getContext('2d');
  drawers.set(canvas, () => draw(context, [2 * width, 2 * height]));
  sight.observe(canvas);
  return canvas;
}
function redraw() {
  for (const [canvas, draw] of drawers) {
    if (!canvas.isConnected) { drawers.delete(canvas); sight.unobserve(canvas); }
    else if (canvas.seen) draw();
  }
}
const picture = (record, width, method) => canvasOf(width, async (context, side) => {
  const image = await imageOf(record), one = record.methods[method || state.method];
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, side[0], side[1]);
  if (method === '') return;
  if (one && one.map) {
    const bytes = bytesOf(one.map);
    overlay(context, heat(one.map.width, one.map.height, i => bytes[i] / 127), side);
  }
}, record.name);

/** Mean of some pictures, with a mean map over it and a frame around a spot. */
function meanPicture(members, width, map, spot, label) {
  return canvasOf(width, async (context, side) => {
    const some = members.slice(0, 64), small = document.createElement('canvas');
    const [w, h] = some[0].size;
    small.width = w; small.height = h;
    const each = small.getContext('2d', { willReadFrequently: true }), sums = new Float64Array(w * h * 4);
    for (const record of some) {
      each.drawImage(await imageOf(record), 0, 0, w, h);
      const data = each.getImageData(0, 0, w, h).data;
      for (let i = 0; i < sums.length; i++) sums[i] += data[i];
    }
    const mean = each.createImageData(w, h);
    for (let i = 0; i < sums.length; i++) mean.data[i] = sums[i] / some.length;
    each.putImageData(mean, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, side[0], side[1]);
    if (map) overlay(context, heat(map.width, map.height, i => map.values[i]), side);
    if (spot) {
      context.strokeStyle = '#fff'; context.lineWidth = 5;
      const box = [spot.x * side[0] + 3, spot.y * side[1] + 3, spot.width * side[0] - 6, spot.height * side[1] - 6];
      context.strokeRect(...box);
      context.strokeStyle = '#000'; context.lineWidth = 2;
      context.strokeRect(...box);
    }
  }, label);
}
function meanMap(members) {
  const maps = members.map(record => record.methods[state.method].map).filter(Boolean);
  if (maps.length === 0) return undefined;
  const { width, height } = maps[0], values = new Float64Array(width * height);
  for (const map of maps) {
    const bytes = bytesOf(map);
    let sum = 0;
    for (const byte of bytes) sum += Math.max(0, byte);
    if (sum > 0 && map.width === width && map.height === height) bytes.forEach((byte, i) => { values[i] += Math.max(0, byte) / sum; });
  }
  const most = Math.max(...values) || 1;
  return { width, height, values: values.map(value => value / most) };
}

function where({ x, y, width, height }) {
  const [u, v] = [x + width / 2, y + height / 2];
  const down = v < 0.36 ? 'upper' : v > 0.64 ? 'lower' : '', across = u < 0.36 ? 'left' : u > 0.64 ? 'right' : '';
  if (down && across) return 'the ' + down + ' ' + across + ' corner';
  if (down) return 'the ' + down + ' edge';
  if (across) return 'the ' + across + ' side';
  return 'the middle';
}
const striking = finding => finding.strength >= about.striking;

function findingCard(finding, large) {
  const members = finding.members.map(i => records[i]);
  const all = finding.members.length === finding.of ? 'All ' + finding.of : finding.members.length + ' of ' + finding.of;
  const width = large ? 184 : 104, map = meanMap(members);
  const sentence = el('h3', {}, large ? el('span', { class: 'badge' }, striking(finding) ? 'stands out' : 'group') : null,
    all + ' images of predicted class ', el('strong', {}, finding.group), ' share ' + where(finding.spot));
  const detail = el('p', {}, 'It holds ', el('b', {}, percent(finding.inside)), ' of their evidence, and ' + percent(finding.elsewhere) + ' of that of other classes.',
    finding.alike >= 0.3 ? ' They also look alike there: their pixels correlate by ' + finding.alike.toFixed(2) + ' on average.' : '',
    large && striking(finding) ? ' Check that spot for a watermark, a caption or a frame: something that the class should not depend on.' : '');
  const known = members.filter(record => record.truth !== undefined), wrong = known.filter(record => record.truth !== record.said);
  if (large && known.length > 0) detail.append(' The model is right about ' + (known.length - wrong.length) + ' of these ' + known.length + '.');
  const strip = el('div', { class: 'strip' }, ...members.slice(0, large ? 12 : 4).map(record => open(record, picture(record, large ? 72 : 44))));
  const show = el('button', { onclick: () => { Object.assign(state, { members: new Set(members), truth: '', said: '', only: '' }); list(); byId('pictures').scrollIntoView(); } }, 'Show all ' + members.length);
  return el('article', { class: 'card finding' + (large && striking(finding) ? ' strong' : '') },
    el('div', { class: 'pair' },
      el('figure', {}, meanPicture(members, width, map, finding.spot, 'mean map'), large ? el('figcaption', {}, 'their mean map') : null),
      large ? el('figure', {}, meanPicture(members, width, null, null, 'mean image'), el('figcaption', {}, 'their mean image')) : null),
    el('div', {}, sentence, detail, strip, large ? el('p', { class: 'below' }, show) : null));
}
function findings() {
  const found = about.findings[state.method] || [];
  const count = Math.max(1, Math.min(3, found.filter(striking).length));
  const large = found.slice(0, count), small = found.slice(count, count + 6);
  byId('findings').replaceChildren(...(large.length > 0 ? large.map(one => findingCard(one, true)) : [el('p', { class: 'card' }, 'There are too few maps to compare.')]));
  byId('groups').replaceChildren(...small.map(one => findingCard(one, false)));
}

function confusion() {
  const place = byId('confusion');
  if (!place) return;
  const names = about.classes, row = truth => about.confusion[truth] || {};
  const body = names.filter(truth => about.confusion[truth]).map(truth => {
    const total = Object.values(row(truth)).reduce((sum, n) => sum + n, 0);
    return el('tr', {}, el('th', { scope: 'row' }, truth), ...names.map(said => {
      const n = row(truth)[said] || 0, cell = el('td', {});
      if (n > 0) {
        const tint = truth === said ? '44, 122, 75' : '179, 38, 30';
        cell.style.background = 'rgba(' + tint + ', ' + (0.12 + 0.7 * n / total).toFixed(2) + ')';
        cell.append(el('button', { title: n + ' images of ' + truth + ' predicted as ' + said, onclick: () => {
          Object.assign(state, { truth, said, only: '', members: null }); list(); byId('pictures').scrollIntoView();
        } }, String(n)));
      }
      return cell;
    }));
  });
  place.replaceChildren(el('thead', {}, el('tr', {}, el('td', {}), ...names.map(name => el('th', { scope: 'col' }, el('span', {}, name))))), el('tbody', {}, ...body));
}

function open(record, child) { return el('button', { title: record.name, onclick: () => detail(record) }, child); }
function cell(record) {
  const wrong = record.truth !== undefined && record.truth !== record.said;
  return el('div', { class: 'cell' }, open(record, picture(record, 128)),
    el('div', { class: 'said' + (wrong ? ' wrong' : '') }, record.said + ' ', el('span', { class: 'name' }, percent(record.top[0] && record.top[0].probability))),
    wrong ? el('div', {}, 'true class: ' + record.truth) : null, el('div', { class: 'name' }, record.name));
}
function pages(place, chosen, size) {
  const grid = el('div', { class: 'grid' });
  let shown = 0;
  const button = el('button', { onclick: more });
  function more() {
    grid.append(...chosen.slice(shown, shown + size).map(cell));
    shown = Math.min(chosen.length, shown + size);
    button.hidden = shown >= chosen.length;
    button.textContent = 'Show ' + Math.min(size, chosen.length - shown) + ' more of ' + (chosen.length - shown);
  }
  more();
  place.replaceChildren(grid, el('p', {}, button));
}
const sure = record => (record.top[0] && (record.top[0].probability ?? record.top[0].score)) || 0;
function mistakes() {
  const wrong = records.filter(record => record.truth !== undefined && record.truth !== record.said).sort((a, b) => sure(b) - sure(a));
  if (byId('mistakes')) pages(byId('mistakes'), wrong, 18);
}
function list() {
  const wrong = record => record.truth !== undefined && record.truth !== record.said;
  const chosen = records.filter(record => (!state.members || state.members.has(record)) && (!state.truth || record.truth === state.truth) && (!state.said || record.said === state.said)
    && (!state.only || (state.only === 'wrong') === wrong(record)));
  chosen.sort((a, b) => wrong(b) - wrong(a));
  const choose = (key, label, options) => {
    const select = el('select', { onchange: event => { state[key] = event.target.value; list(); } }, ...options.map(([value, text]) => el('option', { value, selected: state[key] === value }, text)));
    return el('label', {}, label + ' ', select);
  };
  const classes = [['', 'any'], ...about.classes.map(name => [name, name])];
  byId('filters').replaceChildren(
    about.known ? choose('truth', 'Class', classes) : '', choose('said', 'Model says', classes),
    about.known ? choose('only', 'Show', [['', 'all'], ['wrong', 'mistakes'], ['right', 'right ones']]) : '',
    state.members ? el('button', { onclick: () => { state.members = null; list(); } }, 'A group of ' + state.members.size + ': show all') : '',
    el('span', {}, chosen.length + ' images'));
  pages(byId('list'), chosen, 48);
}

function classes() {
  const place = byId('classes'), summary = about.summary[state.method].classes;
  const names = about.classes.filter(name => summary[name]);
  place.replaceChildren(...names.map(name => {
    const members = records.filter(record => record.said === name);
    return el('div', { class: 'cell' }, meanPicture(members, 128, summary[name].map, null, 'mean map of ' + name), el('div', { class: 'said' }, name), el('div', { class: 'name' }, summary[name].count + ' images'));
  }));
  const columns = ['centre', 'border', 'outside'].filter(key => names.some(name => summary[name][key] !== undefined));
  const titles = { centre: 'in the centre', border: 'at the border', outside: 'off the object' };
  const median = key => names.map(name => summary[name][key]).sort((a, b) => a - b)[Math.floor(names.length / 2)];
  byId('mass').replaceChildren(
    el('thead', {}, el('tr', {}, el('td', {}), ...columns.map(key => el('th', { scope: 'col' }, titles[key])))),
    el('tbody', {}, ...names.map(name => el('tr', {}, el('th', { scope: 'row' }, name), ...columns.map(key => {
      const value = summary[name][key], far = names.length > 2 && key !== 'centre' && value > 1.3 * median(key);
      const bar = el('i', {});
      bar.style.width = 100 * (value || 0) + '%';
      return el('td', { class: far ? 'mark' : '' }, percent(value), el('span', { class: 'bar' }, bar));
    })))));
}

function detail(record) {
  const dialog = byId('detail'), parts = about.methods.map(method => {
    const one = record.methods[method];
    const facts = Object.entries(one.metrics).filter(([, value]) => value !== null).map(([key, value]) => key + ' ' + Number(value.toPrecision(3)));
    return el('figure', {}, picture(record, 220, method), el('figcaption', {}, el('b', {}, method), ' for ' + one.target, el('br', {}),
      'score ' + one.score.toFixed(3), ...facts.flatMap(fact => [el('br', {}), fact]), ...one.warnings.flatMap(warning => [el('br', {}), 'warning: ' + warning])));
  });
  dialog.replaceChildren(el('h2', {}, record.name),
    el('p', {}, (record.truth === undefined ? '' : 'True class: ' + record.truth + '. ') + 'Predicted: ' + record.top.map(one => one.label + ' ' + (one.probability === undefined ? one.score.toFixed(2) : percent(one.probability))).join(', ')),
    el('div', { class: 'row' }, el('figure', {}, picture(record, 220, ''), el('figcaption', {}, 'as the model sees it')), ...parts),
    el('p', {}, el('button', { onclick: () => dialog.close() }, 'Close')));
  dialog.showModal();
}

function everything() { findings(); mistakes(); classes(); list(); }
byId('method').addEventListener('change', event => { state.method = event.target.value; everything(); });
byId('opacity').addEventListener('input', event => { state.opacity = Number(event.target.value); redraw(); });
byId('detail').addEventListener('click', event => { if (event.target === byId('detail')) byId('detail').close(); });
confusion();
everything();
`;
