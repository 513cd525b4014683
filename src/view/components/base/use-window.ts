/** What part of a scrolled element is on screen, kept current while it is scrolled and when its size changes. */

import { onBeforeUnmount, ref, watch, type Ref } from 'vue';

export interface ScrollWindow {
  /** Pixels above what is on screen. */
  readonly top: Ref<number>;
  /** Pixels on screen. */
  readonly height: Ref<number>;
  /** For the element's scroll event. */
  readonly onScroll: () => void;
}

/** @param element the scrolled element, null while it is not there */
export function useScrollWindow(element: Readonly<Ref<HTMLElement | null>>): ScrollWindow {
  const top = ref<number>(0);
  const height = ref<number>(400);
  const measure = (): void => {
    top.value = element.value?.scrollTop ?? 0;
    height.value = element.value?.clientHeight ?? height.value;
  };
  const observer = new ResizeObserver(measure);
  watch(element, (now, before) => {
    if (before) observer.unobserve(before);
    if (now) observer.observe(now);
  }, { immediate: true, flush: 'post' });
  onBeforeUnmount(() => observer.disconnect());
  return { top, height, onScroll: measure };
}
