import common from "@messages/en/common.json";
import dashboard from "@messages/en/dashboard.json";
import errors from "@messages/en/errors.json";
import history from "@messages/en/history.json";
import model from "@messages/en/model.json";
import result from "@messages/en/result.json";
import slide from "@messages/en/slide.json";
import threshold from "@messages/en/threshold.json";
import upload from "@messages/en/upload.json";
import commonEs from "@messages/es/common.json";
import dashboardEs from "@messages/es/dashboard.json";
import errorsEs from "@messages/es/errors.json";
import historyEs from "@messages/es/history.json";
import modelEs from "@messages/es/model.json";
import resultEs from "@messages/es/result.json";
import slideEs from "@messages/es/slide.json";
import thresholdEs from "@messages/es/threshold.json";
import uploadEs from "@messages/es/upload.json";
import type { Locale } from "@/i18n/locales";

const en = { common, dashboard, errors, history, model, result, slide, threshold, upload };

export type Messages = typeof en;

const es: Messages = {
  common: commonEs,
  dashboard: dashboardEs,
  errors: errorsEs,
  history: historyEs,
  model: modelEs,
  result: resultEs,
  slide: slideEs,
  threshold: thresholdEs,
  upload: uploadEs,
};

export const MESSAGES: Readonly<Record<Locale, Messages>> = { en, es };
