import { watchParent } from '../../../../providers/plugin/process/parent';

describe('the watch over the parent', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('calls once when the parent becomes another', () => {
    let parent = 10;
    const died = jest.fn();
    watchParent(died, () => parent);
    jest.advanceTimersByTime(5000);
    expect(died).not.toHaveBeenCalled();
    parent = 1;
    jest.advanceTimersByTime(5000);
    expect(died).toHaveBeenCalledTimes(1);
  });

  test('can be ended', () => {
    let parent = 10;
    const died = jest.fn();
    watchParent(died, () => parent)();
    parent = 1;
    jest.advanceTimersByTime(5000);
    expect(died).not.toHaveBeenCalled();
  });
});
