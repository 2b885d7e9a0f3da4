// A number that is dragged, with what it is.
export interface SliderProps {
  readonly id: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly onInput: (value: number) => void;
}

export function Slider({ id, label, onInput, ...range }: SliderProps) {
  return (
    <label class="slider" for={id}>
      <span>{label}</span>
      <input type="range" id={id} {...range} onInput={(event) => onInput(Number(event.currentTarget.value))} />
    </label>
  );
}
