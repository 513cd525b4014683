/** Words used everywhere. */

import type { Same } from '../same.ts';
import type { common as en } from '../en/common.ts';

export const common: Same<typeof en> = {
  ok: '确定',
  cancel: '取消',
  close: '关闭',
  save: '保存',
  delete: '删除',
  remove: '移除',
  retry: '重试',
  refresh: '刷新',
  copy: '复制',
  copied: '已复制',
  copyError: '复制错误信息',
  dismiss: '关闭通知',
  loading: '正在加载…',
  more: '更多操作',
  none: '无',
  unknown: '未知',
  yes: '是',
  no: '否',
  notifications: '通知',
  readOnly: '只读',
  settings: '设置',
  name: '名称',
  path: '路径',
  resize: '调整面板大小',
  appName: 'Zooscope',
};
