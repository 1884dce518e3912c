// What a window computes at one place. The values come from Python; here they are only multiplied and added.

export const columnsOf = (map) => map.values[0].length;

export const placeOf = (view) => {
  const wide = columnsOf(view.output);
  return { row: Math.floor(view.place / wide), column: view.place % wide };
};

// Where the window's cell (i, j) lies in the input, which it may leave.
export const cellAt = (stage, { row, column }, i, j) => ({
  y: row * stage.stride - stage.padding + i * stage.dilation,
  x: column * stage.stride - stage.padding + j * stage.dilation,
});

export const grid = ([height, width], value) =>
  Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_, j) => value(i, j)));

export const work = (stage, taps, place) => {
  const parts = taps.map((tap) => {
    const { values } = stage.inputs[tap.channel];
    const seen = grid(stage.kernel, (i, j) => {
      const { x, y } = cellAt(stage, place, i, j);
      return values[y]?.[x] ?? stage.outside;
    });
    const products = tap.weights && grid(stage.kernel, (i, j) => seen[i][j] * tap.weights[i][j]);
    const sum = (products ?? seen).flat().reduce((total, value) => total + value, 0);
    return { tap, seen, products, sum };
  });
  const addends = stage.addends.map((map) => ({ name: map.name, value: map.values[place.row][place.column] }));
  const total = [...parts.map((part) => part.sum), ...addends.map((addend) => addend.value)].reduce((a, b) => a + b, 0);
  const counted = parts.flatMap((part) => part.seen.flat()).filter((value) => value !== null);
  const result = {
    sum: () => total,
    mean: () => total / counted.length,
    max: () => Math.max(...counted),
  }[stage.combine]();
  return { parts, addends, result, num_counted: counted.length };
};
