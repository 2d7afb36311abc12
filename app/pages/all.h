/* all: every page, for the route table. A page renders into v->out, or fails its task with a sentence. */
#ifndef PAGES_ALL_H
#define PAGES_ALL_H

#include "pages/visit.h"

enum err page_home(struct visit *v);
enum err page_dataset(struct visit *v);
enum err page_schema(struct visit *v);
enum err page_table(struct visit *v);
enum err page_query(struct visit *v);

enum err page_chat_list(struct visit *v);
enum err page_chat_start(struct visit *v);
enum err page_chat(struct visit *v);
enum err page_chat_ask(struct visit *v);
enum err page_chat_stop(struct visit *v);
enum err page_chat_answer(struct visit *v);
enum err page_chat_retry(struct visit *v);
enum err page_chat_delete(struct visit *v);
enum err page_chat_rename(struct visit *v);
enum err page_chat_turn(struct visit *v);
enum err page_result(struct visit *v);

enum err page_chat_share(struct visit *v);
enum err page_chat_unshare(struct visit *v);
enum err page_shared(struct visit *v);
enum err page_shared_artifact(struct visit *v);
enum err page_artifact(struct visit *v);
enum err page_leave(struct visit *v);
enum err page_review(struct visit *v);

enum err page_labels(struct visit *v);
enum err page_labels_post(struct visit *v);
enum err page_write(struct visit *v);
enum err page_write_post(struct visit *v);
enum err page_changes(struct visit *v);
enum err page_changes_post(struct visit *v);
enum err page_saved(struct visit *v);
enum err page_saved_post(struct visit *v);

enum err page_admin(struct visit *v);
enum err page_admin_users(struct visit *v);
enum err page_admin_user_post(struct visit *v);
enum err page_admin_datasets(struct visit *v);
enum err page_admin_dataset(struct visit *v);
enum err page_admin_dataset_post(struct visit *v);
enum err page_admin_models(struct visit *v);
enum err page_admin_model_post(struct visit *v);
enum err page_admin_health(struct visit *v);
enum err page_admin_policy(struct visit *v);
enum err page_admin_policy_post(struct visit *v);
enum err page_admin_audit(struct visit *v);

enum err page_plugins(struct visit *v);
enum err page_plugins_post(struct visit *v);
enum err page_plugin(struct visit *v);
enum err page_plugin_post(struct visit *v);
enum err page_plugin_vet(struct visit *v);
enum err page_plugin_log(struct visit *v);

enum err page_docs(struct visit *v);
enum err page_demo(struct visit *v);
enum err page_demo_turn(struct visit *v);
enum err page_demo_result(struct visit *v);
enum err page_demo_stream(struct visit *v);

#endif
