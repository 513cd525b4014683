/** The settings dialog. */

export const settings = {
  title: 'Settings',
  liveRefresh: 'Follow changes',
  liveRefreshHint: 'Leaves one-shot watches on what is on screen, and reads it again when they fire.',
  wideNodeChildren: 'Ask before listing more children than',
  wideNodeChildrenHint: 'Listing is one request, but its answer can be large.',
  clusterPollMs: 'Ask the servers for their state every … ms',
  clusterPollHint: '0: only by hand. Only while the cluster panel is open.',
  number: 'A whole number from {min} on.',
  failed: 'The settings could not be saved',
};
