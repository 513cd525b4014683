/** The settings dialog. */

import type { Same } from '../same.ts';
import type { settings as en } from '../en/settings.ts';

export const settings: Same<typeof en> = {
  title: '设置',
  liveRefresh: '跟随变动',
  liveRefreshHint: '在屏幕上的内容上留下一次性监视，触发后重新读取。',
  wideNodeChildren: '子节点超过此数目时先询问',
  wideNodeChildrenHint: '列出子节点只需一个请求，但应答可能很大。',
  clusterPollMs: '查询服务器状态的间隔（毫秒）',
  clusterPollHint: '0：仅手动。只在集群面板打开时查询。',
  number: '请输入不小于 {min} 的整数。',
  failed: '设置未能保存',
};
