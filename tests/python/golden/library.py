"""The library function behind each golden kpi: names are mapped, nothing else."""

import numpy as np
from oracles import abc_classes as classification
from oracles import (
    censored_demand,
    continuous_review,
    ddmrp,
    eoq,
    eoq_variants,
    feasible_lots,
    lead_time_errors,
    lead_times,
    lot_sizing,
    min_max_policies,
    newsvendor,
    order_proposal,
    safety_stock,
    scorecard,
    stock_status,
    valuation,
)
from oracles import demand_classes as demand_classification
from oracles import fill_rates as fill_rate
from oracles import intermittent_demand as intermittent
from oracles import inventory_budget as budget

from restock.inventory import quantity_discounts
from restock.replenishment.orders import joint_replenishment, prioritised_purchase


def _holding_cost(row):
    if "holding_cost_per_unit_year" in row:
        return row["holding_cost_per_unit_year"]
    return row["holding_rate"] * row["unit_cost"]


def _eoq(row):
    basics = {
        "annual_demand_units": row["annual_demand"],
        "order_cost": row["order_cost"],
    }
    quantity = eoq.eoq_units(**basics, holding_cost_per_unit_year=_holding_cost(row))
    result = {
        "eoq": quantity,
        "annual_order_plus_holding_cost": eoq.eoq_annual_cost(
            **basics, holding_cost_per_unit_year=_holding_cost(row)
        ),
        "orders_per_year": eoq.orders_per_year(
            annual_demand_units=row["annual_demand"], order_qty_units=quantity
        ),
        "cycle_days_365": eoq.order_cycle_days(
            annual_demand_units=row["annual_demand"], order_qty_units=quantity
        ),
    }
    if "holding_rate" in row:
        result["wrong_if_rate_used_as_h"] = eoq.eoq_units(
            **basics, holding_cost_per_unit_year=row["holding_rate"]
        )
    return result


def _eoq_sensitivity(row):
    basics = {
        "annual_demand_units": row["annual_demand"],
        "order_cost": row["order_cost"],
        "holding_cost_per_unit_year": _holding_cost(row),
    }
    quantity = row["q_over_eoq"] * eoq.eoq_units(**basics)
    return {
        "q": quantity,
        "cost": eoq.lot_annual_cost(order_qty_units=quantity, **basics),
        "cost_ratio": eoq.lot_cost_ratio(row["q_over_eoq"]),
    }


def _eoq_pack_moq(row):
    lot = feasible_lots.order_qty_feasible(
        annual_demand_units=row["annual_demand"],
        order_cost=row["order_cost"],
        holding_cost_per_unit_year=_holding_cost(row),
        pack_size_units=row["pack"],
        min_order_units=row["moq"],
        max_order_units=row.get("max_qty"),
    )
    return {
        "q": lot.order_qty_units,
        "cost": lot.annual_cost,
        "feasible": lot.is_feasible,
    }


def _discount(function):
    def adapter(row):
        lot = function(
            annual_demand_units=row["annual_demand"],
            order_cost=row["order_cost"],
            holding_rate_per_year=row["holding_rate"],
            breakpoints_units=row["breakpoints"],
            unit_prices=row["unit_prices"],
        )
        return {
            "q": lot.order_qty_units,
            "unit_price": lot.unit_price,
            "price_band": lot.price_band,
            "annual_total_cost": lot.annual_total_cost,
        }

    return adapter


def _eoq_backorders(row):
    lot = eoq_variants.eoq_with_backorders(
        annual_demand_units=row["annual_demand"],
        order_cost=row["order_cost"],
        holding_cost_per_unit_year=row["holding_cost_per_unit_year"],
        backorder_cost_per_unit_year=row["backorder_cost_per_unit_year"],
    )
    return {
        "q": lot.order_qty_units,
        "backordered_fraction": lot.backordered_fraction,
        "annual_cost": lot.annual_cost,
    }


def _epq(row):
    lot = eoq_variants.economic_production_quantity(
        annual_demand_units=row["annual_demand"],
        setup_cost=row["setup_cost"],
        holding_cost_per_unit_year=row["holding_cost_per_unit_year"],
        annual_production_units=row["annual_production_rate"],
    )
    return {"q": lot.order_qty_units, "annual_cost": lot.annual_cost}


def _eoq_budget(row):
    columns = {
        name: np.array([item[name] for item in row["items"]], dtype=float)
        for name in ("annual_demand", "order_cost", "unit_cost", "holding_rate")
    }
    lots = budget.eoq_within_budget(
        budget=row["avg_cycle_stock_budget"],
        annual_demand_units=columns["annual_demand"],
        order_cost=columns["order_cost"],
        unit_cost=columns["unit_cost"],
        holding_rate_per_year=columns["holding_rate"],
    )
    return {
        "unconstrained_avg_investment": lots.unconstrained_investment,
        "scale": lots.scale,
        "q": lots.order_qty_units,
        "shadow_price_per_currency_year": lots.shadow_price_per_year,
    }


def _holding_cost_kpi(row):
    cost = valuation.holding_cost(
        average_inventory_value=row["avg_inventory_value_at_cost"],
        annual_rates=row["annual_rates"],
        days=row["days"],
        days_per_year=row["days_basis"],
    )
    return {
        "total_rate": cost.holding_cost_rate_per_year,
        "holding_cost": cost.holding_cost,
        "by_component": cost.by_component,
        "flagged": cost.is_negative_value,
    }


def _turnover(row):
    summary = valuation.turnover_from_ledger(
        unit_cost=row["unit_cost"],
        daily_closing_units=row["daily_closing_units"],
        cogs=row["cogs"],
    )
    return {
        "avg_inventory_at_cost": summary.average_inventory_value,
        "turns_annualised": summary.inventory_turnover,
        "days_on_hand": summary.days_on_hand,
        "avg_begin_end": summary.begin_end_inventory_value,
        "turns_begin_end": summary.begin_end_turnover,
    }


def _gmroi(row):
    result = valuation.gross_margin_return(
        net_sales=row["net_sales"],
        cogs=row["cogs"],
        average_inventory_value=row["avg_inventory_at_cost"],
        days=row["days"],
    )
    return {
        "gross_margin": result.gross_margin,
        "gross_margin_pct": result.gross_margin_rate,
        "gmroi": result.gmroi,
    }


def _abc(row):
    return classification.abc_classes(
        row["values"], a_cut=row["a_cut"], b_cut=row["b_cut"]
    )


def _xyz(row):
    result = classification.xyz_class(
        row["series"], x_cut=row["x_cut"], y_cut=row["y_cut"]
    )
    return {"cv": result.cv, "xyz": result.xyz_class}


def _stock_status(row):
    result = stock_status.stock_status(
        available_units=row["available"],
        daily_forecast_units=row["daily_forecast"],
        lead_time_days=row["lead_time"],
        next_receipt_days=row.get("next_receipt_in_days"),
        safety_stock_units=row["safety_stock"],
        cycle_stock_units=row["replenishment_cycle_stock"],
    )
    return {"status": result.stock_status, "units": result.status_units}


def _forward_cover(row):
    cover = stock_status.forward_cover(
        on_hand_units=row["on_hand"], daily_forecast_units=row["daily_forecast"]
    )
    return {
        "cover_days": cover.cover_days,
        "lower_bound_days": cover.lower_bound_days,
        "exhausted_within_horizon": cover.is_exhausted_within_horizon,
    }


def _demand_class(row):
    result = demand_classification.demand_class(row["series"])
    return {
        "adi": result.average_demand_interval,
        "cv2": result.cv_squared,
        "class": result.demand_class,
    }


def _intermittent(row):
    rates = intermittent.intermittent_demand_rates(
        row["series"],
        smoothing=row["alpha"],
        probability_smoothing=row["alpha_prob"],
    )
    return {
        "croston": rates.croston_units,
        "sba": rates.sba_units,
        "tsb": rates.tsb_units,
    }


def _censored(row):
    means = censored_demand.censored_poisson_mean(
        in_stock_sales_units=row["in_stock_sales"],
        stockout_sales_units=row["stockout_day_sales"],
    )
    return {
        "naive_mean": means.naive_mean_units,
        "in_stock_mean": means.in_stock_mean_units,
        "poisson_mle": means.poisson_mean_units,
    }


def _lead_time_stats(row):
    result = lead_times.lead_time_statistics(row["lead_time_days"])
    return {
        "n": result.n_receipt_lines,
        "mean": result.mean_days,
        "sd": result.sd_days,
        "median": result.p50_days,
        "p90": result.p90_days,
        "max": result.max_days,
    }


def _scorecard(row):
    names = {
        "ordered_units": "ordered",
        "received_units": "received",
        "promised_day": "promised_day",
        "received_day": "received_day",
        "standard_unit_cost": "std_price",
        "invoiced_unit_cost": "invoice_price",
    }
    card = scorecard.supplier_scorecard(
        **{
            argument: np.array([line[name] for line in row["lines"]], dtype=float)
            for argument, name in names.items()
        }
    )
    return {
        "lines": card.n_lines,
        "on_time": card.on_time_rate,
        "in_full": card.in_full_rate,
        "otif": card.otif_rate,
        "qty_fill": card.fill_rate,
        "price_variance": card.price_variance,
        "price_variance_pct": card.price_variance_rate,
    }


def _newsvendor_normal(row):
    result = newsvendor.newsvendor_normal(
        overage_cost=row["overage_cost"],
        underage_cost=row["underage_cost"],
        mean_units=row["demand_mean"],
        sigma_units=row["demand_sd"],
    )
    return {
        "critical_ratio": result.critical_ratio,
        "z": result.safety_factor,
        "order_up_to": result.order_up_to_units,
        "expected_cost": result.expected_cost,
    }


def _newsvendor_profit(row):
    result = newsvendor.newsvendor_profit(
        unit_price=row["price"],
        unit_cost=row["unit_cost"],
        salvage_value=row["salvage"],
        mean_units=row["demand_mean"],
        sigma_units=row["demand_sd"],
        order_qty_units=row.get("order_qty"),
    )
    return {
        "critical_ratio": result.critical_ratio,
        "q": result.order_qty_units,
        "expected_profit": result.expected_profit,
        "expected_overstock": result.expected_overstock_units,
        "expected_understock": result.expected_understock_units,
    }


def _discrete(result):
    return {
        "critical_ratio": result.critical_ratio,
        "order_up_to": result.order_up_to_units,
        "expected_cost": result.expected_cost,
    }


def _newsvendor_discrete(row):
    return _discrete(
        newsvendor.newsvendor_discrete(
            overage_cost=row["overage_cost"],
            underage_cost=row["underage_cost"],
            probabilities={float(key): value for key, value in row["pmf"].items()},
        )
    )


def _newsvendor_poisson(row):
    return _discrete(
        newsvendor.newsvendor_poisson(
            overage_cost=row["overage_cost"],
            underage_cost=row["underage_cost"],
            mean_units=row["demand_mean"],
        )
    )


def _safety_stock_type1(row):
    stock = safety_stock.safety_stock_continuous(
        mean_units=row["mean_per_period"],
        sigma_units=row["sigma_error_per_period"],
        lead_time_periods=row["lead_time_periods"],
        cycle_service_level=row["cycle_service_level"],
    )
    return {
        "z": stock.safety_factor,
        "sigma_lead_time": stock.sigma_lead_time_units,
        "safety_stock": stock.safety_stock_units,
        "reorder_point": stock.reorder_point_units,
    }


def _safety_stock_lead_time_var(row):
    stock = safety_stock.safety_stock_variable_lead_time(
        mean_units=row["mean_per_period"],
        sigma_units=row["sigma_per_period"],
        lead_time_periods=row["lead_time_mean"],
        lead_time_sd_periods=row["lead_time_sd"],
        cycle_service_level=row["cycle_service_level"],
    )
    return {
        "sigma_ltd": stock.sigma_lead_time_demand_units,
        "safety_stock_independent": stock.safety_stock_units,
        "reorder_point": stock.reorder_point_units,
        "safety_stock_dependent_sum": stock.safety_stock_dependent_units,
    }


def _safety_stock_periodic(row):
    stock = safety_stock.safety_stock_periodic(
        mean_units=row["mean_per_period"],
        sigma_units=row["sigma_error_per_period"],
        lead_time_periods=row["lead_time"],
        review_periods=row["review_period"],
        cycle_service_level=row["cycle_service_level"],
    )
    return {
        "sigma_risk_horizon": stock.sigma_protection_units,
        "safety_stock": stock.safety_stock_units,
        "order_up_to": stock.order_up_to_units,
        "ss_if_review_forgotten": stock.safety_stock_without_review_units,
    }


def _safety_stock_type2(row):
    stock = safety_stock.safety_stock_fill_rate(
        order_qty_units=row["order_qty"],
        target_fill_rate=row["target_fill_rate"],
        sigma_lead_time_units=row["sigma_lead_time"],
    )
    return {
        "g_target": stock.loss_target,
        "k": stock.safety_factor,
        "safety_stock": stock.safety_stock_units,
        "safety_stock_floored": stock.safety_stock_floored_units,
        "cycle_service_level": stock.cycle_service_level,
    }


def _k_cost_per_unit_short(row):
    stock = safety_stock.safety_stock_shortage_cost(
        holding_cost_per_unit_year=row["holding_cost_per_unit_year"],
        order_qty_units=row["order_qty"],
        shortage_cost_per_unit=row["cost_per_unit_short"],
        annual_demand_units=row["annual_demand"],
        sigma_lead_time_units=row["sigma_lead_time"],
    )
    return {
        "prob_stockout_per_cycle": stock.stockout_probability,
        "k": stock.safety_factor,
        "safety_stock": stock.safety_stock_units,
        "feasible": stock.is_feasible,
    }


def _fill_rate_rq(row):
    service = fill_rate.service_continuous(
        order_qty_units=row["order_qty"],
        safety_stock_units=row["safety_stock"],
        sigma_lead_time_units=row["sigma_lead_time"],
    )
    return {
        "k": service.safety_factor,
        "cycle_service_level": service.cycle_service_level,
        "expected_shortage_per_cycle": service.expected_shortage_units,
        "fill_rate": service.fill_rate,
    }


def _fill_rate_periodic(row):
    service = fill_rate.service_periodic(
        mean_units=row["mean_per_period"],
        sigma_units=row["sigma_per_period"],
        lead_time_periods=row["lead_time"],
        review_periods=row["review_period"],
        order_up_to_units=row["order_up_to"],
    )
    return {
        "shortage_end": service.shortage_end_units,
        "shortage_begin": service.shortage_begin_units,
        "fill_rate": service.fill_rate,
        "fill_rate_without_correction": service.fill_rate_uncorrected,
    }


def _rq_basics(row):
    return {
        "order_qty_units": row["order_qty"],
        "holding_cost_per_unit_year": row["holding_cost"],
        "shortage_cost_per_unit_year": row["stockout_cost"],
        "annual_mean_units": row["demand_mean"],
        "annual_sigma_units": row["demand_sd"],
        "lead_time_years": row["lead_time"],
    }


def _rq_cost_normal(row):
    cost = continuous_review.reorder_policy_cost_normal(
        reorder_point_units=row["reorder_point"],
        order_cost=row["order_cost"],
        **_rq_basics(row),
    )
    return {"cost": cost}


def _rq_optimal_r(row):
    point = continuous_review.optimal_reorder_point_normal(**_rq_basics(row))
    return {"reorder_point": point}


def _rq_poisson_exact(row):
    policy = continuous_review.optimal_reorder_policy_poisson(
        holding_cost_per_unit_year=row["holding_cost"],
        shortage_cost_per_unit_year=row["stockout_cost"],
        order_cost=row["order_cost"],
        annual_mean_units=row["demand_rate"],
        lead_time_years=row["lead_time"],
    )
    return {
        "reorder_point": policy.reorder_point_units,
        "order_qty": policy.order_qty_units,
        "cost": policy.cost,
    }


def _ss_costs(row):
    return {
        "holding_cost_per_unit_period": row["holding_cost"],
        "shortage_cost_per_unit_period": row["stockout_cost"],
        "order_cost": row["order_cost"],
    }


def _ss_policy_poisson(row):
    demand = {"mean_units": row["demand_mean_per_period"]}
    if row.get("evaluate") is None:
        policy = min_max_policies.optimal_min_max_poisson(**_ss_costs(row), **demand)
        return {
            "s": policy.reorder_level_units,
            "S": policy.order_up_to_units,
            "cost": policy.cost,
        }
    low, high = row["evaluate"]
    cost = min_max_policies.min_max_cost_poisson(
        **_ss_costs(row), **demand, reorder_level_units=low, order_up_to_units=high
    )
    return {"s": low, "S": high, "cost": cost}


def _ss_policy_custom_pmf(row):
    cost = min_max_policies.min_max_cost(
        **_ss_costs(row),
        demand_probabilities=row["pmf"],
        reorder_level_units=row["s"],
        order_up_to_units=row["S"],
    )
    return {"cost": cost}


def _ss_power_approx(row):
    low, high = min_max_policies.min_max_power_approximation(
        **_ss_costs(row), mean_units=row["demand_mean"], sigma_units=row["demand_sd"]
    )
    return {"s": low, "S": high}


def _wagner_whitin(row):
    plan = lot_sizing.wagner_whitin_lots(
        order_cost=row["order_cost"],
        holding_cost_per_unit_period=row["holding_cost_per_unit_period"],
        demand_units=row["demand"],
    )
    return {"cost": plan.cost, "order_qty": plan.order_qty_units}


JOINT_POLICIES = {
    "silver": joint_replenishment.joint_replenishment,
    "all_items_every_order": joint_replenishment.full_aggregation,
}


def _joint_replenishment(row):
    plan = JOINT_POLICIES[row.get("policy", "silver")](
        shared_order_cost=row["shared_order_cost"],
        line_order_cost=row["line_costs"],
        holding_cost_per_unit_year=row["holding_costs"],
        annual_demand_units=row["demand_rates"],
    )
    return {
        "base_cycle": plan.base_cycle_years,
        "multiples": plan.multiples,
        "order_qty": plan.order_qty_units,
        "cost": plan.cost,
        "orders_per_year": plan.orders_per_year,
    }


def _sigma_empirical(row):
    error = lead_time_errors.lead_time_error(
        actual_units=row["actuals"],
        forecast_units=row["flat_forecast_per_period"],
        lead_time_periods=row["lead_time_periods"],
    )
    return {
        "bias_L": error.bias_units,
        "rmse_1": error.rmse_period_units,
        "sqrt_L_scaled": error.rmse_scaled_units,
        "rmse_L": error.rmse_units,
    }


def _sigma_ses(row):
    error = lead_time_errors.smoothing_lead_time_error(
        smoothing=row["alpha"],
        lead_time_periods=row["lead_time_periods"],
        sigma_units=row["sigma_one_step"],
    )
    return {
        "sigma_L": error.sigma_units,
        "sqrt_L_scaled": error.sigma_scaled_units,
        "understatement": error.understatement,
    }


def _rop_empirical(row):
    point = lead_time_errors.empirical_reorder_point(
        lead_time_errors_units=row["lead_time_sum_errors"],
        lead_time_forecast_units=row["lead_time_forecast"],
        service_level=row["service_level"],
    )
    return {
        "rop_inverse_cdf": point.reorder_point_units,
        "rop_interpolated": point.reorder_point_interpolated_units,
        "safety_stock_inverse_cdf": point.safety_stock_units,
        "safety_stock_interpolated": point.safety_stock_interpolated_units,
        "max_service_supported": point.max_service_level,
    }


def _rop_forecast(row):
    point = lead_time_errors.forecast_reorder_point(
        forecast_units=row["forecast"],
        lead_time_periods=row["lead_time_periods"],
        safety_stock_units=row["safety_stock"],
    )
    return {
        "lead_time_demand": point.lead_time_demand_units,
        "reorder_point": point.reorder_point_units,
        "naive_mean_times_L": point.reorder_point_from_mean_units,
    }


def _order_proposal(row):
    proposal = order_proposal.order_proposal(
        on_hand_units=row["on_hand"],
        on_order_units=row["on_order"],
        committed_units=row["backorders"],
        reorder_point_units=row["s"],
        order_up_to_units=row["S"],
        pack_size_units=row["pack"],
        min_order_units=row["moq"],
        max_stock_units=row.get("max_stock"),
    )
    return {
        "inventory_position": proposal.inventory_position_units,
        "order_qty": proposal.order_qty_units,
    }


def _ddmrp(row):
    zones = ddmrp.buffer_zones(
        average_daily_usage_units=row["adu"],
        decoupled_lead_time_days=row["dlt"],
        lead_time_factor=row["lead_time_factor"],
        variability_factor=row["variability_factor"],
        min_order_units=row["moq"],
        order_cycle_days=row["order_cycle"],
        on_hand_units=row["on_hand"],
        incoming_units=row["incoming_dlt"],
        qualified_demand_units=row["qualified_demand"],
    )
    return {
        "red": zones.red_units,
        "yellow": zones.yellow_units,
        "green": zones.green_units,
        "top_of_green": zones.top_of_green_units,
        "spike_threshold": zones.spike_threshold_units,
        "net_flow_position": zones.net_flow_position_units,
        "recommended": zones.order_qty_units,
    }


def _prioritised_purchase(row):
    items = [
        prioritised_purchase.PurchaseItem(
            product_id=item["sku"],
            mean_units=item["demand_mean"],
            position_units=item["position"],
            underage_cost=item["margin_plus_stockout_penalty"],
            overage_cost=item["overage_cost"],
            unit_cost=item["unit_cost"],
        )
        for item in row["items"]
    ]
    plan = prioritised_purchase.prioritised_purchase(items, budget=row["budget"])
    return {
        "units": plan.order_qty_units,
        "spend": plan.spend,
        "expected_value": plan.expected_value,
    }


LIBRARY = {
    "eoq": _eoq,
    "eoq_sensitivity": _eoq_sensitivity,
    "eoq_pack_moq": _eoq_pack_moq,
    "eoq_all_unit_discount": _discount(quantity_discounts.all_unit_discount_lot),
    "eoq_incremental_discount": _discount(quantity_discounts.incremental_discount_lot),
    "eoq_backorders": _eoq_backorders,
    "epq": _epq,
    "eoq_budget": _eoq_budget,
    "holding_cost": _holding_cost_kpi,
    "turnover_doh": _turnover,
    "gmroi": _gmroi,
    "abc": _abc,
    "xyz": _xyz,
    "stock_status": _stock_status,
    "forward_cover_days": _forward_cover,
    "demand_class_sbc": _demand_class,
    "croston_sba_tsb": _intermittent,
    "censored_demand_poisson": _censored,
    "lead_time_stats": _lead_time_stats,
    "supplier_scorecard": _scorecard,
    "newsvendor_normal": _newsvendor_normal,
    "newsvendor_profit": _newsvendor_profit,
    "newsvendor_discrete": _newsvendor_discrete,
    "newsvendor_poisson": _newsvendor_poisson,
    "safety_stock_type1": _safety_stock_type1,
    "safety_stock_lead_time_var": _safety_stock_lead_time_var,
    "safety_stock_periodic": _safety_stock_periodic,
    "safety_stock_type2": _safety_stock_type2,
    "k_cost_per_unit_short": _k_cost_per_unit_short,
    "fill_rate_rq": _fill_rate_rq,
    "fill_rate_periodic": _fill_rate_periodic,
    "rq_cost_normal": _rq_cost_normal,
    "rq_optimal_r": _rq_optimal_r,
    "rq_poisson_exact": _rq_poisson_exact,
    "ss_policy_poisson": _ss_policy_poisson,
    "ss_policy_custom_pmf": _ss_policy_custom_pmf,
    "ss_power_approx": _ss_power_approx,
    "lot_size_wagner_whitin": _wagner_whitin,
    "joint_replenishment": _joint_replenishment,
    "sigma_lead_time_empirical": _sigma_empirical,
    "sigma_lead_time_ses": _sigma_ses,
    "rop_empirical_quantile": _rop_empirical,
    "rop_forecast_vector": _rop_forecast,
    "order_proposal": _order_proposal,
    "ddmrp_zones": _ddmrp,
    "prioritized_purchase": _prioritised_purchase,
}


def evaluate(kpi, row):
    """Result of the library for a golden kpi and its inputs."""
    if kpi not in LIBRARY:
        known = ", ".join(sorted(LIBRARY))
        raise LookupError(f"no function is registered for kpi {kpi!r}; known: {known}")
    return LIBRARY[kpi](row)
