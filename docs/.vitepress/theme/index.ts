// VitePress's own theme without its fonts, which are larger than all else: pages have those of the reader's system.
import { useRoute } from 'vitepress';
import theme from 'vitepress/theme-without-fonts';
import { nextTick, onMounted, watch } from 'vue';
import './style.css';

/** Start pages of the theme do not say where their content begins, which those who hear pages need. */
function markContent(): void {
  const content = document.getElementById('VPContent');
  if (content?.classList.contains('is-home')) content.setAttribute('role', 'main');
  else content?.removeAttribute('role');
}

export default {
  extends: theme,
  setup() {
    const route = useRoute();
    onMounted(markContent);
    watch(
      () => route.path,
      () => nextTick(markContent),
    );
  },
};
