/** The entry of the page. */

import { openLink } from './api/open-link.ts';
import { startView } from './start-view.ts';

const element = document.querySelector('#app');
if (element !== null) void startView(openLink(), element);
