{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro decision_numbers() -%}
    {{- return([
        'on_hand_units', 'on_order_units', 'on_order_in_time_units',
        'committed_units', 'inventory_position_units', 'demand_per_day_units', 'lead_time_demand_units',
        'demand_during_lead_time_units', 'lead_time_demand_sd_units',
        'safety_stock_units', 'cycle_stock_units',
        'reorder_point_units', 'order_up_to_units', 'lost_before_arrival_units',
        'lead_time_mean_days',
        'lead_time_sd_days', 'review_days', 'protection_days', 'service_level',
        'holding_cost_per_unit_year', 'shortage_cost_per_unit', 'order_cost',
        'unit_cost', 'unit_price', 'pack_size_units', 'min_order_units',
        'shelf_life_stock_units', 'stockout_probability', 'expected_lost_margin',
        'price_break_units', 'proposed_qty_units', 'budgeted_qty_units', 'override_qty_units',
        'order_qty_units',
    ]) -}}
{%- endmacro %}
